using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>incidents</c>: lists what went wrong, and reloads.</summary>
internal sealed class IncidentsCommand : Command
{
    private readonly IncidentOptions _options = new();

    private readonly Option<string[]> _kinds = new("--kind") { Description = "Only incidents of this kind; repeatable", HelpName = "KIND" };

    internal IncidentsCommand() : base("incidents", "List deaths, timeouts, slow requests, exceptions and reloads")
    {
        _kinds.AcceptOnlyFromAmong([.. IncidentKinds.All]);
        Options.Add(_kinds);
        _options.AddTo(this);
        SetAction((parsed, end) => _options.PrintAsync(parsed, parsed.GetValue(_kinds) ?? [], IncidentTable.Lines, end));
    }
}

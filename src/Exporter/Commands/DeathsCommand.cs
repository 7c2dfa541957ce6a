using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>deaths</c>: prints each death and timeout with its request and its whole stack.</summary>
internal sealed class DeathsCommand : Command
{
    private readonly IncidentOptions _options = new();

    internal DeathsCommand() : base("deaths", "Print the deaths of workers, each with its request and its Python stack")
    {
        _options.AddTo(this);
        SetAction((parsed, end) =>
            _options.PrintAsync(parsed, [IncidentKinds.Death, IncidentKinds.Timeout], IncidentTable.Details, end));
    }
}

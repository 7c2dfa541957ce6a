using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Fleet;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>The scrapes of a hub, each of which reads what the hosts left.</summary>
internal sealed class HubReading(FleetHub hub, CancellationToken end)
{
    /// <summary>Reads once before anybody asks, so that a source that cannot be read is told of at the start.</summary>
    internal Task BeginAsync() => hub.RefreshAsync(end);

    /// <summary>Reads what the hosts left, and writes every answer.</summary>
    internal async Task ScrapeAsync(IReadOnlyList<ScrapeAnswer> answers)
    {
        await hub.RefreshAsync(end);
        foreach (var answer in answers) hub.Write(answer.Output, answer.Request.Format, answer.Request.NameSet);
    }
}

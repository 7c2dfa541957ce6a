using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>
/// Serves what other commands show: the workers' requests in flight, native histograms, the incidents, and the forwarders.
/// </summary>
internal sealed class StatusEndpoints(StatusWatch watch, ForwarderManager forwarders)
{
    internal void Map(WebApplication server, IEnumerable<string> methods)
    {
        server.MapMethods($"/{OldestRequestJson.Path}", methods, context =>
            PageEndpoints.AnswerAsync(context, "application/json", OldestRequestJson.Write(watch.Look().Workers), "no-store"));
        server.MapMethods($"/{LatencyText.Path}", methods, context =>
            PageEndpoints.AnswerAsync(context, "text/plain", LatencyText.Write(watch.Look().Now), "no-store"));
        server.MapMethods($"/{IncidentJson.Path}", methods, context =>
            PageEndpoints.AnswerAsync(context, "application/json", IncidentJson.WriteAll(watch.Look().Incidents), "no-store"));
        server.MapMethods($"/{ForwarderReport.Path}", methods, context =>
            PageEndpoints.AnswerAsync(context, "application/json", ForwarderReport.WriteAll(forwarders.Statuses), "no-store"));
    }
}

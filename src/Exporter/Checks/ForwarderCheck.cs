using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether forwarded snapshots arrive.</summary>
internal static class ForwarderCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter) =>
        from forwarder in exporter.Now.Of(MetricCatalogue.ForwarderUp)
        where forwarder.Value != 1
        select Finding.Error(
            $"{exporter.Name}: the forwarder {forwarder["forwarder"]} is failing or stopped; see the exporter's log for the reason");
}

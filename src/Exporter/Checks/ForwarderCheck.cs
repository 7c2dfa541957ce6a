using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether forwarded snapshots arrive.</summary>
internal static class ForwarderCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter) =>
        from forwarder in exporter.Now.Of(MetricCatalogue.ForwarderUp)
        where forwarder.Value != 1
        select Finding.Error(
            $"{exporter.Name}: the forwarder {forwarder["forwarder"]} {StateOf(exporter, forwarder)}; see the exporter's log",
            "GunicornForwarderFailing");

    private static string StateOf(ExporterView exporter, Sample forwarder)
    {
        if (!exporter.Forwarders.TryGetValue(forwarder["forwarder"], out var report)) return "is failing or stopped";
        return report is { LastError: { } reason, State: not nameof(ForwarderState.Stopped) }
            ? $"is failing ({reason.TrimEnd('.')})"
            : "is stopped";
    }
}

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether the exporter rejected the last configuration.</summary>
internal static class ReloadCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter) =>
        from reload in exporter.Now.Of(MetricCatalogue.ConfigReloadSuccessful)
        where reload.Value == 0
        select Finding.Warning(
            $"{exporter.Name}: the last reload of the configuration failed, so the previous one is in force; see the exporter's log for "
            + "its errors", "GunicornConfigReloadFailed");
}

using GunicornPrometheusExporter.Diagnostics;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether an exporter has the installed version.</summary>
internal static class VersionCheck
{
    internal static IEnumerable<Finding> Find(ExporterView exporter) =>
        from sample in exporter.Now.Of(MetricCatalogue.BuildInfo)
        let version = sample["version"]
        where version != ProductVersion.Text
        select Finding.Warning(
            $"{exporter.Name}: its version is {version}, but {ProductVersion.Text} is installed; " +
                "restart Gunicorn, or the exporter's service, " +
            "to run the same version everywhere");
}

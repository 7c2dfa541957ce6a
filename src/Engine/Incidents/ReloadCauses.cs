namespace GunicornPrometheusExporter.Incidents;

/// <summary>The causes of incidents of the kind <see cref="IncidentKinds.Reload"/>.</summary>
internal static class ReloadCauses
{
    /// <summary>A master handled SIGHUP.</summary>
    internal const string Gunicorn = "gunicorn";

    /// <summary>The exporter applied its configuration again.</summary>
    internal const string Exporter = "exporter";

    /// <summary>The exporter kept the previous configuration.</summary>
    internal const string ExporterFailed = "exporter_failed";
}

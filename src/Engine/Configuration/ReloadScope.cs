namespace GunicornPrometheusExporter.Configuration;

/// <summary>When a change of a setting in the file takes effect.</summary>
internal enum ReloadScope
{
    /// <summary>When the exporter reloads the file.</summary>
    Reload,

    /// <summary>When Gunicorn reloads, after a SIGHUP to its master.</summary>
    GunicornReload,

    /// <summary>When Gunicorn, or a standalone exporter, restarts.</summary>
    Restart,
}

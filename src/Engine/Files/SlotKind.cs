namespace GunicornPrometheusExporter.Files;

/// <summary>What kind of process holds a slot. Each kind numbers its slots from 1.</summary>
internal enum SlotKind
{
    /// <summary>A Gunicorn worker.</summary>
    Worker,

    /// <summary>A Gunicorn master.</summary>
    Master,

    /// <summary>Any other process that records through the package: a script, a shell.</summary>
    Process,

    /// <summary>The exporter that accounts for workers that died.</summary>
    Exporter,
}

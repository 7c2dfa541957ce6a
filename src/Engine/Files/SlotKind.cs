namespace GunicornPrometheusExporter.Files;

/// <summary>The kind of process that holds a slot. Each kind numbers its slots from 1.</summary>
internal enum SlotKind
{
    /// <summary>A Gunicorn worker.</summary>
    Worker,

    /// <summary>A Gunicorn master.</summary>
    Master,

    /// <summary>Any other process that records through the package, such as a script or a shell.</summary>
    Process,

    /// <summary>The exporter that accounts for dead workers.</summary>
    Exporter,

    /// <summary>A dirty worker of Gunicorn, which runs tasks.</summary>
    Dirty,

    /// <summary>The dirty arbiter of Gunicorn: the master of the dirty workers.</summary>
    Arbiter,
}

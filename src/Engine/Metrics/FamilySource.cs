namespace GunicornPrometheusExporter.Metrics;

/// <summary>The writer of a family's samples.</summary>
internal enum FamilySource
{
    /// <summary>A worker, to its slot's files.</summary>
    Worker,

    /// <summary>The master, to the file that <c>prepare</c> created for it.</summary>
    Master,

    /// <summary>The dirty arbiter, to the file that <c>prepare</c> created for it.</summary>
    Arbiter,

    /// <summary>The exporter, at each scrape; never in the store.</summary>
    Exporter,

    /// <summary>The exporter, to its own file in the store, because the counts must survive the exporter.</summary>
    Ledger,

    /// <summary>A hub, about itself; never in the store.</summary>
    Hub,

    /// <summary>The exporter, from other families at each scrape, if <c>GUNICORN_EXPORTER_LEGACY_METRICS</c> is set.</summary>
    Legacy,
}

namespace GunicornPrometheusExporter.Files;

/// <summary>What follows an entry's key. A file holds one layout throughout.</summary>
internal enum EntryLayout
{
    /// <summary>A value and a timestamp: <c>prometheus_client</c> 0.18 and later.</summary>
    Timestamped,

    /// <summary>A value alone: <c>prometheus_client</c> up to 0.17.</summary>
    ValueOnly,
}

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Why an entry is skipped.</summary>
internal enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter wrote it, of another version, or its bytes have changed since.</summary>
    Unreadable,
}

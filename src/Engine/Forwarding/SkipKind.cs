namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Why an entry is skipped.</summary>
internal enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter of another version wrote it, or its bytes are damaged.</summary>
    Unreadable,
}

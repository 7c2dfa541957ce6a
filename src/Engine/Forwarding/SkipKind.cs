namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Why a hub skips an entry.</summary>
internal enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter of another version wrote it, or its bytes are damaged.</summary>
    Unreadable,
}

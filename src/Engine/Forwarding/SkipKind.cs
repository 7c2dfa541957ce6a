namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Why an entry is skipped.</summary>
public enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter of another version wrote it, or its bytes are damaged.</summary>
    Unreadable,
}

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Why an entry is skipped.</summary>
public enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter wrote it, and its bytes have changed since.</summary>
    Damaged,

    /// <summary>An exporter of another version wrote it.</summary>
    Version,
}

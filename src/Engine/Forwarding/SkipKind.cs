namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Why an entry is skipped.</summary>
public enum SkipKind
{
    /// <summary>No exporter wrote it.</summary>
    Foreign,

    /// <summary>An exporter wrote it, of another version, or its bytes have changed since.</summary>
    Unreadable,
}

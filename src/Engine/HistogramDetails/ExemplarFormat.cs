namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The layout of a file of exemplars, which stands beside a slot's histograms.</summary>
/// <remarks>
/// <code>
/// header  0       8         12    16
///         | magic | created | zero | entry | entry | …
///
/// entry   0          4        8       16     24          56         72
///         | sequence | offset | value | time | trace[32] | span[16] |
/// </code>
/// Little-endian. <c>created</c> is that of the file with the histograms: with another one, the entries are not of its
/// buckets. <c>offset</c> is where the bucket lies there; the first entry without one is the end. <c>sequence</c> is odd
/// while an entry changes. The time is in seconds since the epoch, the identifiers are hexadecimal.
/// </remarks>
internal static class ExemplarFormat
{
    internal const ulong Magic = 0x3130_4D58_4545_5047; // "GPEEXM01"
    internal const string Prefix = "exemplars_";
    internal const string Extension = ".bin";

    internal const int HeaderSize = 16;
    internal const int Created = 8;

    internal const int EntrySize = 72;
    internal const int Sequence = 0;
    internal const int Offset = 4;
    internal const int Value = 8;
    internal const int Time = 16;
    internal const int Trace = 24;
    internal const int Span = 56;

    internal const int TraceLength = Span - Trace;
    internal const int SpanLength = EntrySize - Span;

    /// <summary>The most buckets that have exemplars in one file.</summary>
    internal const int MaximumEntries = 16384;

    /// <summary>The size past which no file grows, in bytes.</summary>
    internal const int MaximumSize = HeaderSize + (MaximumEntries * EntrySize);

    /// <summary>The name of a slot's file.</summary>
    internal static string NameOf(string owner) => $"{Prefix}{owner}{Extension}";
}

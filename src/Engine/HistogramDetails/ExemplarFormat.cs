namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The layout of an exemplar file, which accompanies a slot's histogram file.</summary>
/// <remarks>
/// <code>
/// header  0       8         12    16
///         | magic | created | zero | entry | entry | …
///
/// entry   0          4        8       16     24          56         72
///         | sequence | offset | value | time | trace[32] | span[16] |
/// </code>
/// Little-endian. <c>created</c> equals that of the histogram file; if it does not, the entries belong to other buckets.
/// <c>offset</c> is the bucket's offset there; the first entry with offset 0 is the end. <c>sequence</c> is odd while an
/// entry changes. The time is in seconds since the epoch, the identifiers are hexadecimal.
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

    internal const int MaximumEntries = 16384;

    /// <summary>In bytes.</summary>
    internal const int MaximumSize = HeaderSize + (MaximumEntries * EntrySize);

    internal static string NameOf(string owner) => $"{Prefix}{owner}{Extension}";
}

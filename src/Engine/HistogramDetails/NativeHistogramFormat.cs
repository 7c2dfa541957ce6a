namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The layout of a native histogram file, which accompanies a slot's histogram file.</summary>
/// <remarks>
/// <code>
/// header  0       8        12     16        20     64
///         | magic | schema | used | created | zero | entry | entry | …
///
/// entry   0        8      16                16 + 8 × buckets
///         | offset | zero | bucket | bucket | …
/// </code>
/// Little-endian; counts are unsigned 64-bit integers. <c>created</c> equals that of the histogram file; if it does not, the
/// entries belong to other histograms. <c>offset</c> is the offset of the histogram's sum there. An entry exists once
/// <c>used</c> covers it. Bucket <c>i</c> of schema <c>s</c> counts the observations above 2^((i-1)/2^s) and up to
/// 2^(i/2^s). The file has the buckets from the zero threshold to the largest value; the last one also counts larger values.
/// </remarks>
internal static class NativeHistogramFormat
{
    internal const ulong Magic = 0x3130_5648_4E45_5047; // "GPENHV01"
    internal const string Prefix = "native_";
    internal const string Extension = ".bin";

    internal const int HeaderSize = 64;
    internal const int Schema = 8;
    internal const int Used = 12;
    internal const int Created = 16;

    internal const int Offset = 0;
    internal const int ZeroCount = 8;
    internal const int Buckets = 16;

    /// <summary>In bytes.</summary>
    internal const int MaximumSize = 64 << 20;

    internal const int LowestSchema = -4;
    internal const int HighestSchema = 8;

    private const int SmallestExponent = -20;
    private const int LargestExponent = 20;

    /// <summary>A value up to it counts as zero: about a microsecond.</summary>
    internal static double ZeroThreshold => Math.ScaleB(1, SmallestExponent);

    internal static int FirstIndex(int schema) => Scale(SmallestExponent, schema) + 1;

    internal static int BucketCount(int schema) => -Scale(-LargestExponent, schema) - FirstIndex(schema) + 1;

    /// <summary>In bytes.</summary>
    internal static int EntrySize(int schema) => Buckets + (BucketCount(schema) * sizeof(ulong));

    internal static string NameOf(string owner) => $"{Prefix}{owner}{Extension}";

    /// <summary>The largest index whose bound is not above a power of two.</summary>
    private static int Scale(int exponent, int schema) => schema >= 0 ? exponent << schema : exponent >> -schema;
}

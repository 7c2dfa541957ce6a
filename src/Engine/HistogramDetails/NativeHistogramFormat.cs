namespace GunicornPrometheusExporter.HistogramDetails;

/// <summary>The layout of a file of native histograms, which stands beside a slot's histograms.</summary>
/// <remarks>
/// <code>
/// header  0       8        12     16        20     64
///         | magic | schema | used | created | zero | entry | entry | …
///
/// entry   0        8      16                16 + 8 × buckets
///         | offset | zero | bucket | bucket | …
/// </code>
/// Little-endian; counts are unsigned numbers of 64 bits. <c>created</c> is that of the file with the classic histograms:
/// with another one, the entries are not of its histograms. <c>offset</c> is where the histogram's sum lies there. An entry
/// exists once <c>used</c> covers it. Bucket <c>i</c> of schema <c>s</c> has the observations above
/// 2^((i-1)/2^s) and up to 2^(i/2^s); the file has those from the zero threshold to the largest value, and what is larger
/// counts as that.
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

    /// <summary>The size past which no file grows, in bytes.</summary>
    internal const int MaximumSize = 64 << 20;

    internal const int LowestSchema = -4;
    internal const int HighestSchema = 8;

    private const int SmallestExponent = -20;
    private const int LargestExponent = 20;

    /// <summary>What is not larger counts as zero: a microsecond, nearly.</summary>
    internal static double ZeroThreshold => Math.ScaleB(1, SmallestExponent);

    /// <summary>The index of the first bucket of a schema.</summary>
    internal static int FirstIndex(int schema) => Scale(SmallestExponent, schema) + 1;

    /// <summary>How many buckets a schema has.</summary>
    internal static int BucketCount(int schema) => -Scale(-LargestExponent, schema) - FirstIndex(schema) + 1;

    /// <summary>The bytes of an entry.</summary>
    internal static int EntrySize(int schema) => Buckets + (BucketCount(schema) * sizeof(ulong));

    /// <summary>The name of a slot's file.</summary>
    internal static string NameOf(string owner) => $"{Prefix}{owner}{Extension}";

    /// <summary>The largest index whose bound is not above a power of two.</summary>
    private static int Scale(int exponent, int schema) => schema >= 0 ? exponent << schema : exponent >> -schema;
}

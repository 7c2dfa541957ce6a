using System.Buffers.Text;
using System.Runtime.Intrinsics;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Parses the values of request headers. Allocates nothing.</summary>
internal static class HeaderValues
{
    private const int TraceIdLength = 32;
    private const int SpanIdLength = 16;
    private const int SpanIdStart = 3 + TraceIdLength + 1;
    private const int TraceParentLength = 55;

    /// <summary>The largest body that a header may announce, in bytes: 1 TiB.</summary>
    internal const long LargestBody = 1L << 40;

    // From 1973 until the year 5138, a number of one unit since the epoch is between the bounds of its unit.
    private const double LargestSeconds = 1e11;
    private const double LargestMilliseconds = 1e14;
    private const double LargestMicroseconds = 1e17;

    /// <summary>The trace id of a W3C <c>traceparent</c>: <c>00-TRACEID-SPANID-FLAGS</c>.</summary>
    /// <returns>Empty if the header has another shape; the caller must check that the id is hexadecimal.</returns>
    internal static ReadOnlySpan<byte> TraceId(ReadOnlySpan<byte> value) =>
        value.Length >= TraceParentLength && value[2] == '-' && value[3 + TraceIdLength] == '-'
            ? value.Slice(3, TraceIdLength)
            : default;

    /// <summary>
    /// The span id of a W3C <c>traceparent</c> whose sampled flag is set; empty if it is not set or the header is invalid.
    /// </summary>
    /// <param name="trace">The header's <see cref="TraceId"/>.</param>
    internal static ReadOnlySpan<byte> SampledSpanId(ReadOnlySpan<byte> value, ReadOnlySpan<byte> trace)
    {
        if (trace.IsEmpty || value[TraceParentLength - 3] != '-' || !IsOdd(value[TraceParentLength - 1])) return default;
        var span = value.Slice(SpanIdStart, SpanIdLength);
        return IsIdentifier(trace) && IsIdentifier(span) ? span : default;
    }

    /// <summary>Parses the time since the Unix epoch in s, ms, µs or ns, with or without <c>t=</c>.</summary>
    internal static bool TryParseTime(ReadOnlySpan<byte> value, out double seconds)
    {
        if (value.StartsWith("t="u8)) value = value[2..];
        if (!Utf8Parser.TryParse(value, out seconds, out var consumed) || consumed != value.Length) return false;
        if (seconds > LargestMicroseconds) seconds /= 1e9;
        else if (seconds > LargestMilliseconds) seconds /= 1e6;
        else if (seconds > LargestSeconds) seconds /= 1e3;
        return seconds > 0 && double.IsFinite(seconds);
    }

    /// <summary>Whether a hexadecimal digit is odd: the lowest bit of a letter is inverted.</summary>
    private static bool IsOdd(byte digit) => ((digit ^ (digit >> 6)) & 1) == 1;

    /// <summary>Whether a value, whose length is a multiple of 16, has only lower-case hexadecimal digits and not only zeros.</summary>
    private static bool IsIdentifier(ReadOnlySpan<byte> value)
    {
        var (allDigits, bits) = (Vector128<byte>.AllBitsSet, Vector128<byte>.Zero);
        for (; !value.IsEmpty; value = value[Vector128<byte>.Count..])
        {
            var block = Vector128.Create(value);
            var isNumber = Vector128.LessThanOrEqual(block - Vector128.Create((byte)'0'), Vector128.Create((byte)9));
            var isLetter = Vector128.LessThanOrEqual(block - Vector128.Create((byte)'a'), Vector128.Create((byte)5));
            allDigits &= isNumber | isLetter;
            bits |= block ^ Vector128.Create((byte)'0');
        }
        return allDigits == Vector128<byte>.AllBitsSet && bits != Vector128<byte>.Zero;
    }

    /// <summary>Parses a <c>Content-Length</c>; false if it is no number or larger than <see cref="LargestBody"/>.</summary>
    internal static bool TryParseLength(ReadOnlySpan<byte> value, out long length) =>
        Utf8Parser.TryParse(value, out length, out var consumed) && consumed == value.Length && length is >= 0 and <= LargestBody;
}

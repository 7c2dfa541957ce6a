using System.Buffers.Text;
using System.Runtime.Intrinsics;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Reads the values of request headers. Allocates nothing.</summary>
internal static class HeaderValues
{
    private const int TraceIdLength = 32;
    private const int SpanIdLength = 16;
    private const int SpanIdStart = 3 + TraceIdLength + 1;
    private const int TraceParentLength = 55;

    /// <summary>The largest body that a header is believed to announce, in bytes: 1 TiB.</summary>
    internal const long LargestBody = 1L << 40;

    // A time since the epoch in seconds is below the first bound until the year 5138, one in microseconds above the last.
    private const double LargestSeconds = 1e11;
    private const double LargestMilliseconds = 1e14;

    /// <summary>The trace id of a W3C <c>traceparent</c>: <c>00-TRACEID-SPANID-FLAGS</c>.</summary>
    /// <returns>Empty if it has not that shape; that the id is hexadecimal, its reader checks.</returns>
    internal static ReadOnlySpan<byte> TraceId(ReadOnlySpan<byte> value) =>
        value.Length >= TraceParentLength && value[2] == '-' && value[3 + TraceIdLength] == '-'
            ? value.Slice(3, TraceIdLength)
            : default;

    /// <summary>The span id of a W3C <c>traceparent</c> whose trace is kept: its sampled flag is set.</summary>
    /// <param name="value">The header.</param>
    /// <param name="trace">Its <see cref="TraceId"/>.</param>
    /// <returns>Empty if it is not, or if the header is not valid.</returns>
    internal static ReadOnlySpan<byte> SampledSpanId(ReadOnlySpan<byte> value, ReadOnlySpan<byte> trace)
    {
        if (trace.IsEmpty || value[TraceParentLength - 3] != '-' || !IsOdd(value[TraceParentLength - 1])) return default;
        var span = value.Slice(SpanIdStart, SpanIdLength);
        return IsIdentifier(trace) && IsIdentifier(span) ? span : default;
    }

    /// <summary>A time since the Unix epoch, with or without <c>t=</c>, in seconds, milliseconds or microseconds.</summary>
    /// <param name="value">The header.</param>
    /// <param name="seconds">The time in seconds.</param>
    /// <returns>False if it is no such time.</returns>
    internal static bool TryParseTime(ReadOnlySpan<byte> value, out double seconds)
    {
        if (value.StartsWith("t="u8)) value = value[2..];
        if (!Utf8Parser.TryParse(value, out seconds, out var consumed) || consumed != value.Length) return false;
        if (seconds > LargestMilliseconds) seconds /= 1e6;
        else if (seconds > LargestSeconds) seconds /= 1e3;
        return seconds > 0 && double.IsFinite(seconds);
    }

    /// <summary>Whether a hexadecimal digit is odd: the letters have the lowest bit the other way around.</summary>
    private static bool IsOdd(byte digit) => ((digit ^ (digit >> 6)) & 1) == 1;

    /// <summary>Whether all of some blocks of 16 are lower-case hexadecimal digits, and one is not 0.</summary>
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

    /// <summary>A <c>Content-Length</c> that a body can have.</summary>
    /// <param name="value">The header.</param>
    /// <param name="length">The length in bytes.</param>
    /// <returns>False if it is no number, or larger than <see cref="LargestBody"/>.</returns>
    internal static bool TryParseLength(ReadOnlySpan<byte> value, out long length) =>
        Utf8Parser.TryParse(value, out length, out var consumed) && consumed == value.Length && length is >= 0 and <= LargestBody;
}

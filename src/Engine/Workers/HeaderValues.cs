using System.Buffers.Text;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Reads the values of request headers. Allocates nothing.</summary>
internal static class HeaderValues
{
    private const int TraceIdLength = 32;
    private const int TraceParentLength = 55;

    // A time since the epoch in seconds is below the first bound until the year 5138, one in microseconds above the last.
    private const double LargestSeconds = 1e11;
    private const double LargestMilliseconds = 1e14;

    /// <summary>The trace id of a W3C <c>traceparent</c>: <c>00-TRACEID-SPANID-FLAGS</c>.</summary>
    /// <returns>Empty if it has not that shape; that the id is hexadecimal, its reader checks.</returns>
    internal static ReadOnlySpan<byte> TraceId(ReadOnlySpan<byte> value) =>
        value.Length >= TraceParentLength && value[2] == '-' && value[3 + TraceIdLength] == '-'
            ? value.Slice(3, TraceIdLength)
            : default;

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

    /// <summary>A <c>Content-Length</c>, 0 if it is none.</summary>
    internal static long Length(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long length, out var consumed) && consumed == value.Length && length > 0 ? length : 0;
}

using System.Collections.Frozen;
using System.Text;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The HTTP methods of RFC 9110, and PATCH; any other is recorded as <c>__other__</c>.</summary>
/// <remarks>The client chooses the method, and each one multiplies the series of every route it is used on.</remarks>
internal static class HttpMethods
{
    private static readonly FrozenSet<string> Known = FrozenSet.Create(
        StringComparer.Ordinal, "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Known.GetAlternateLookup<ReadOnlySpan<char>>();

    private const int LongestName = 7;

    /// <summary>The label value of a method in ASCII.</summary>
    internal static string LabelOf(ReadOnlySpan<byte> method)
    {
        Span<char> text = stackalloc char[LongestName];
        if (method.Length > LongestName) return Recording.LabelBounds.Other;
        var length = Encoding.Latin1.GetChars(method, text);
        return Lookup.TryGetValue(text[..length], out var known) ? known : Recording.LabelBounds.Other;
    }
}

using System.Collections.Frozen;
using System.Text;

namespace GunicornPrometheusExporter.Workers;

/// <summary>The HTTP methods that the IANA registry names; any other is recorded as <c>__other__</c>.</summary>
internal static class HttpMethods
{
    private static readonly FrozenSet<string> Registered = FrozenSet.Create(
        StringComparer.Ordinal,
        "ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "CONNECT", "COPY", "DELETE", "GET", "HEAD", "LABEL",
        "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE",
        "OPTIONS", "ORDERPATCH", "PATCH", "POST", "PRI", "PROPFIND", "PROPPATCH", "PUT", "QUERY", "REBIND", "REPORT",
        "SEARCH", "TRACE", "UNBIND", "UNCHECKOUT", "UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF",
        "VERSION-CONTROL");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Registered.GetAlternateLookup<ReadOnlySpan<char>>();

    private const int LongestName = 32;

    /// <summary>The method as a label value.</summary>
    /// <param name="method">The method in ASCII, as the request line gave it.</param>
    internal static string LabelOf(ReadOnlySpan<byte> method)
    {
        Span<char> text = stackalloc char[LongestName];
        if (method.Length > LongestName) return Metrics.LabelBounds.Other;
        var length = Encoding.Latin1.GetChars(method, text);
        return Lookup.TryGetValue(text[..length], out var registered) ? registered : Metrics.LabelBounds.Other;
    }
}

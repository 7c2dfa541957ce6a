using System.Buffers;
using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The list of a variable: <c>name=value</c>, separated by commas.</summary>
internal static class NamedValues
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string Digits = "0123456789";

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create(Letters + Digits + "_");
    private static readonly SearchValues<char> HeaderCharacters = SearchValues.Create(Letters + Digits + "!#$%&'*+-.^_`|~");

    /// <summary>The names and values of a list, in order; empty for null.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> Of(string? text) =>
        string.IsNullOrEmpty(text) ? [] : [.. text.Split(',').Select(Pair)];

    /// <summary>The names and percent-decoded values of a list, as OpenTelemetry writes them.</summary>
    internal static ImmutableArray<KeyValuePair<string, string>> Decoded(string? text) =>
        [.. Of(text).Select(pair => KeyValuePair.Create(pair.Key, Uri.UnescapeDataString(pair.Value)))];

    /// <summary>The text if it is a list of unique labels, otherwise null.</summary>
    internal static string? TryParseLabels(string text) => IsValid(text, IsLabelName, StringComparer.Ordinal) ? text : null;

    /// <summary>The text if it is a list of unique attributes, otherwise null.</summary>
    internal static string? TryParseAttributes(string text) => IsValid(text, name => name.Length > 0, StringComparer.Ordinal) ? text : null;

    /// <summary>The text if it is a list of unique headers that a forwarder does not set itself, otherwise null.</summary>
    internal static string? TryParseHeaders(string text) => IsValid(text, IsHeaderName, StringComparer.OrdinalIgnoreCase) ? text : null;

    private static KeyValuePair<string, string> Pair(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? new("", "") : new(text[..equals].Trim(), text[(equals + 1)..].Trim());
    }

    private static bool IsValid(string text, Predicate<string> isName, StringComparer comparer)
    {
        var pairs = Of(text);
        return pairs.All(pair => isName(pair.Key) && pair.Value.Length > 0 && !pair.Value.Any(char.IsControl)) &&
            pairs.DistinctBy(pair => pair.Key, comparer).Count() == pairs.Length;
    }

    private static bool IsLabelName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && !name.AsSpan().ContainsAnyExcept(LabelCharacters) &&
        !name.StartsWith("__", StringComparison.Ordinal);

    private static bool IsHeaderName(string name) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(HeaderCharacters) &&
        !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) &&
        !name.StartsWith("X-Prometheus-Remote-Write-", StringComparison.OrdinalIgnoreCase) &&
        name.ToLowerInvariant() is not ("host" or "transfer-encoding" or "connection" or "user-agent");
}

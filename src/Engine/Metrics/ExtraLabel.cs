using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>A label that the configuration adds to the metrics of routes, and the source of its value. Immutable.</summary>
/// <param name="Name">The name of the label: <c>host</c>, <c>scheme</c>, or <c>x_tenant</c> for the header <c>X-Tenant</c>.</param>
/// <param name="Header">The request header that has the value; null for the scheme.</param>
/// <param name="Values">The values that are recorded as they are; empty for any, up to the limit on the values of a label.</param>
internal sealed record ExtraLabel(string Name, string? Header, ImmutableArray<string> Values)
{
    public const string Host = "host";

    public const int MostLabels = 3;

    /// <summary>The longest value, in characters: a host name.</summary>
    public const int LongestValue = 253;

    /// <summary>What a list must be, worded to follow "set it to".</summary>
    public const string Rule =
        "up to 3 of host, host=NAME without a port, scheme and header:X-NAME=VALUE, with | between up to 50 names or values";

    private const string Scheme = "scheme";
    private const string HeaderPrefix = "header:";
    private const int MostValues = 50;
    private const int LongestName = 64;

    /// <summary>Whether a label of a route's metric with this name is an extra label.</summary>
    public static bool IsName(string label) => label is Host or Scheme || label.StartsWith("x_", StringComparison.Ordinal);

    /// <summary>The labels that a text lists, by name; null if it breaks <see cref="Rule"/>.</summary>
    public static ImmutableArray<ExtraLabel>? TryParse(string text)
    {
        var labels = text.Split(',', StringSplitOptions.TrimEntries).Select(ParseOne).ToList();
        return labels.Count <= MostLabels && !labels.Contains(null) && labels.DistinctBy(label => label!.Name).Count() == labels.Count
            ? [.. labels.OrderBy(label => label!.Name, StringComparer.Ordinal)!]
            : null;
    }

    private static ExtraLabel? ParseOne(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var source = equals < 0 ? text : text[..equals].TrimEnd();
        string[] values = equals < 0 ? [] : text[(equals + 1)..].Split('|', StringSplitOptions.TrimEntries);
        if (values.Length > MostValues || !values.All(IsValue)) return null;
        return source switch
        {
            Host when values.All(IsHost) => new(Host, Host, [.. values.Select(value => value.ToLowerInvariant())]),
            Scheme when values.Length == 0 => new(Scheme, null, ["http", "https"]),
            _ when values.Length > 0 && source.StartsWith(HeaderPrefix, StringComparison.Ordinal) =>
                OfHeader(source[HeaderPrefix.Length..], values),
            _ => null,
        };
    }

    private static ExtraLabel? OfHeader(string header, string[] values) =>
        header.Length is > 2 and <= LongestName && header.StartsWith("X-", StringComparison.OrdinalIgnoreCase)
        && header.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? new(header.ToLowerInvariant().Replace('-', '_'), header, [.. values])
            : null;

    private static bool IsValue(string text) => text.Length is > 0 and <= LongestValue && text.All(c => c is > ' ' and <= '~');

    /// <summary>Whether a host has no port and no dot at its end: requests are recorded without them.</summary>
    private static bool IsHost(string text) => !text.EndsWith('.') && (text[0] == '[' ? text[^1] == ']' : !text.Contains(':'));
}

using System.Buffers;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Turns a path into a label value: parts that vary from request to request become placeholders.</summary>
/// <remarks>
/// Digits become <c>{id}</c>, UUIDs <c>{uuid}</c>, long hexadecimal segments <c>{hash}</c>, long mixtures of letters and
/// digits <c>{token}</c>; the query is dropped; the part beyond <see cref="MaximumLength"/> becomes <c>{rest}</c>.
/// Allocates nothing.
/// </remarks>
internal static class EndpointNormalizer
{
    /// <summary>In characters.</summary>
    public const int MaximumLength = 200;

    private const string Rest = "{rest}";
    private const int ShortestHash = 16;
    private const int ShortestToken = 20;
    private const int UuidLength = 36;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> UuidCharacters = SearchValues.Create("0123456789abcdefABCDEF-");

    /// <summary>Writes the normalised path and returns its length.</summary>
    /// <param name="path">The path as requested, with or without its query.</param>
    /// <param name="endpoint">Has room for at least <see cref="MaximumLength"/> characters.</param>
    public static int Normalize(ReadOnlySpan<char> path, Span<char> endpoint)
    {
        var end = path.IndexOfAny('?', '#');
        if (end >= 0) path = path[..end];
        if (path.IsEmpty) path = "/";

        var written = 0;
        var isFirst = true;
        foreach (var range in path.Split('/'))
        {
            var segment = PlaceholderOf(path[range]);
            var separator = isFirst ? 0 : 1;
            isFirst = false;
            if (written + separator + segment.Length > MaximumLength - Rest.Length - 1)
            {
                if (separator > 0) endpoint[written++] = '/';
                Rest.CopyTo(endpoint[written..]);
                return written + Rest.Length;
            }
            if (separator > 0) endpoint[written++] = '/';
            segment.CopyTo(endpoint[written..]);
            written += segment.Length;
        }
        return written;
    }

    private static ReadOnlySpan<char> PlaceholderOf(ReadOnlySpan<char> segment)
    {
        var digit = segment.IndexOfAny(Digits);
        if (digit < 0) return segment;
        if (!segment.ContainsAnyExcept(Digits)) return "{id}";
        if (segment.Length == UuidLength && IsUuid(segment)) return "{uuid}";
        if (segment.Length >= ShortestHash && !segment.ContainsAnyExcept(Hexadecimal)) return "{hash}";
        return segment.Length >= ShortestToken && !segment.Contains('.') && IsToken(segment) ? "{token}" : segment;
    }

    private static bool IsUuid(ReadOnlySpan<char> segment) =>
        segment is [_, _, _, _, _, _, _, _, '-', _, _, _, _, '-', _, _, _, _, '-', _, _, _, _, '-', ..]
        && !segment.ContainsAnyExcept(UuidCharacters);

    /// <summary>Whether letters and digits alternate as in random text, unlike words that end with a number.</summary>
    private static bool IsToken(ReadOnlySpan<char> segment)
    {
        var changes = 0;
        for (var i = 1; i < segment.Length; i++)
        {
            if (char.IsAsciiDigit(segment[i]) != char.IsAsciiDigit(segment[i - 1])) changes++;
        }
        return changes >= 4;
    }
}

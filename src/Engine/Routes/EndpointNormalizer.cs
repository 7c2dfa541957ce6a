using System.Buffers;
using System.Globalization;

namespace GunicornPrometheusExporter.Routes;

/// <summary>Turns a path into a label value: parts that vary from request to request become placeholders.</summary>
/// <remarks>
/// docs/endpoints.md lists the placeholders. The query and matrix parameters are dropped; the part beyond
/// <see cref="MaximumLength"/> becomes <c>{rest}</c>. Allocates nothing.
/// </remarks>
internal static class EndpointNormalizer
{
    /// <summary>The maximum length of an endpoint, in characters.</summary>
    public const int MaximumLength = 200;

    private const string Rest = "{rest}";
    private const string Encoded = "{text}";

    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    /// <summary>A request's target without its query and fragment.</summary>
    public static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target) =>
        target.IndexOfAny('?', '#') is >= 0 and var end ? target[..end] : target;

    /// <summary>Writes the normalised path and returns its length.</summary>
    /// <param name="path">The path as requested, with or without its query.</param>
    /// <param name="endpoint">Has room for at least <see cref="MaximumLength"/> characters.</param>
    public static int Normalize(ReadOnlySpan<char> path, Span<char> endpoint)
    {
        path = PathOf(path);
        if (path.IsEmpty) path = "/";

        Span<char> buffer = stackalloc char[(PathSegment.LargestGrowth + 1) * MaximumLength];
        var written = 0;
        var number = 0;
        foreach (var range in path.Split('/'))
        {
            var segment = Normalize(path[range], number == 1, buffer);
            var separator = number++ == 0 ? 0 : 1;
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

    private static ReadOnlySpan<char> Normalize(ReadOnlySpan<char> segment, bool isFirst, Span<char> buffer)
    {
        var parameters = segment.IndexOf(';');
        if (parameters >= 0) segment = segment[..parameters];
        if (segment.Length > MaximumLength) return segment;
        var decoded = buffer[^MaximumLength..];
        if (segment.Contains('%'))
        {
            if (!TryDecode(segment, decoded, out var length)) return Encoded;
            segment = decoded[..length];
        }
        if (isFirst && Locales.IsLocale(segment)) return "{locale}";
        var placeholder = PathSegment.PlaceholderOf(segment);
        return placeholder.IsEmpty ? buffer[..PathSegment.ReplaceWords(segment, buffer)] : placeholder;
    }

    /// <summary>Decodes a segment; false if it has an encoded character that needs percent-encoding.</summary>
    private static bool TryDecode(ReadOnlySpan<char> segment, Span<char> decoded, out int length)
    {
        length = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            var character = segment[i];
            if (character == '%')
            {
                if (!byte.TryParse(segment[i..].Length > 2 ? segment.Slice(i + 1, 2) : [], NumberStyles.AllowHexSpecifier,
                        CultureInfo.InvariantCulture, out var code)
                    || !Unreserved.Contains((char)code))
                {
                    return false;
                }
                character = (char)code;
                i += 2;
            }
            decoded[length++] = character;
        }
        return true;
    }
}

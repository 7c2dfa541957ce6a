using System.Buffers;

namespace GunicornPrometheusExporter.Routes;

/// <summary>Finds the parts that vary in one segment of a path: the whole segment, or words of it.</summary>
internal static class PathSegment
{
    /// <summary>Replacing words makes a segment at most this many times longer: <c>1.2</c> becomes <c>{version}</c>.</summary>
    internal const int LargestGrowth = 4;

    private const int UuidLength = 36;
    private const int ShortestHash = 16;
    private const int ShortestToken = 20;

    // Shorter hashes and tokens must look more like random text.
    private const int ShortestMixedHash = 7;
    private const int ShortestMixedToken = 8;
    private const int ShortestWordHash = 8;

    // In a word of a segment, "covid-19" is a name and "order-1234" has a number.
    private const int ShortestNumber = 4;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> LowerCase = SearchValues.Create("abcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> UpperCase = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> UuidCharacters = SearchValues.Create("0123456789abcdefABCDEF-");
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789+-.,");
    private static readonly SearchValues<char> AddressCharacters = SearchValues.Create("0123456789abcdefABCDEF:.");
    private static readonly SearchValues<char> TimeCharacters = SearchValues.Create("0123456789-:.+TZ");
    private static readonly SearchValues<char> Base64Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=");
    private static readonly SearchValues<char> Separators = SearchValues.Create("-_.,~+@:=()!'*$&");

    /// <summary>The placeholder for the whole segment; empty if the segment is not one value.</summary>
    internal static ReadOnlySpan<char> PlaceholderOf(ReadOnlySpan<char> segment)
    {
        if (IsMailAddress(segment)) return "{email}";
        if (!segment.ContainsAny(Digits)) return IsToken(segment) ? "{token}" : default;
        if (!segment.ContainsAnyExcept(Digits)) return "{id}";
        if (DateLength(segment) is > 0 and var date && !segment[date..].ContainsAnyExcept(TimeCharacters)) return "{date}";
        if (segment.Length == UuidLength && IsUuid(segment)) return "{uuid}";
        if (IsAddress(segment)) return "{address}";
        var dots = segment.Count('.');
        if (dots >= 2 && VersionLength(segment) == segment.Length) return "{version}";
        if (!segment.ContainsAnyExcept(NumberCharacters)) return "{id}";
        if (IsHash(segment, ShortestHash)) return "{hash}";
        return IsToken(segment) || (dots == 2 && IsSignedToken(segment)) ? "{token}" : default;
    }

    /// <summary>Writes a segment with placeholders for words that vary, as in <c>report-{date}.pdf</c>; returns the length.</summary>
    internal static int ReplaceWords(ReadOnlySpan<char> segment, Span<char> buffer)
    {
        if (!segment.ContainsAny(Digits))
        {
            segment.CopyTo(buffer);
            return segment.Length;
        }
        var written = 0;
        for (var at = 0; at < segment.Length;)
        {
            var rest = segment[at..];
            var word = WordOf(rest, at == 0 ? default : segment[at - 1], out var placeholder);
            var text = placeholder.IsEmpty ? word : placeholder;
            text.CopyTo(buffer[written..]);
            written += text.Length;
            at += word.Length;
            if (at < segment.Length) buffer[written++] = segment[at++];
        }
        return written;
    }

    /// <summary>The word at the start of a text; it ends at a separator, unless it contains some as a date does.</summary>
    private static ReadOnlySpan<char> WordOf(ReadOnlySpan<char> text, char before, out ReadOnlySpan<char> placeholder)
    {
        var length = DateLength(text);
        placeholder = "{date}";
        if (IsEnd(text, length)) return text[..length];
        placeholder = "{uuid}";
        if (IsEnd(text, UuidLength) && IsUuid(text[..UuidLength])) return text[..UuidLength];
        length = VersionLength(text);
        placeholder = "{version}";
        // v1.1 alone, without a name, is the version of an interface.
        if (IsEnd(text, length) && (before != default || length < text.Length)) return text[..length];
        length = text.IndexOfAny(Separators);
        var word = length < 0 ? text : text[..length];
        var isValue = before is '=' or '(' or ':' or ',' or '@' || (before == default && length > 0 && text[length] == '.');
        placeholder = default;
        if (word.IsEmpty || !word.ContainsAny(Digits)) return word;
        if (!word.ContainsAnyExcept(Digits))
        {
            if (isValue || word.Length >= ShortestNumber) placeholder = "{id}";
        }
        else if (IsHash(word, ShortestWordHash)) placeholder = "{hash}";
        else if (IsToken(word)) placeholder = "{token}";
        return word;
    }

    private static bool IsEnd(ReadOnlySpan<char> text, int length) =>
        length > 0 && length <= text.Length && (length == text.Length || Separators.Contains(text[length]));

    private static bool IsUuid(ReadOnlySpan<char> text) =>
        text is [_, _, _, _, _, _, _, _, '-', _, _, _, _, '-', _, _, _, _, '-', _, _, _, _, '-', ..]
        && !text.ContainsAnyExcept(UuidCharacters);

    private static bool IsMailAddress(ReadOnlySpan<char> segment) =>
        segment.IndexOf('@') is > 0 and var at && segment[(at + 1)..].IndexOf('.') is > 0 and var dot
        && dot < segment.Length - at - 2 && !segment[(at + 1)..].ContainsAny(Digits);

    /// <summary>An IPv4, IPv6 or hardware address.</summary>
    private static bool IsAddress(ReadOnlySpan<char> segment) =>
        (segment.Count(':') >= 2 && !segment.ContainsAnyExcept(AddressCharacters))
        || (segment.Count('.') == 3 && VersionLength(segment) == segment.Length && segment[0] != 'v');

    /// <summary>The length of a date at the start: year, month and perhaps day, or day, month and year; 0 if there is none.</summary>
    private static int DateLength(ReadOnlySpan<char> text) => text switch
    {
        [>= '1' and <= '2', >= '0' and <= '9', >= '0' and <= '9', >= '0' and <= '9', '-' or '.' or '_', ..] =>
            MonthLength(text[5..]) is var month and > 0
                ? month == 2 && text.Length > 7 && text[7] == text[4] && IsTwoDigits(text[8..]) ? 10 : text[4] == '-' ? 7 : 0
                : 0,
        [_, _, '-' or '.' or '_', _, _, '-' or '.' or '_', >= '1' and <= '2', _, _, _, ..] =>
            IsTwoDigits(text) && IsTwoDigits(text[3..]) && IsTwoDigits(text[6..]) && IsTwoDigits(text[8..]) ? 10 : 0,
        _ => 0,
    };

    private static int MonthLength(ReadOnlySpan<char> text) =>
        text is ['0', >= '1' and <= '9', ..] or ['1', >= '0' and <= '2', ..] ? 2 : 0;

    private static bool IsTwoDigits(ReadOnlySpan<char> text) => text is [>= '0' and <= '9', >= '0' and <= '9', ..];

    /// <summary>The length of a version at the start, <c>1.12</c> or <c>v1.12.0</c>; 0 if there is none.</summary>
    private static int VersionLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        var dots = 0;
        for (var at = text is ['v', ..] ? 1 : 0; at < text.Length && char.IsAsciiDigit(text[at]);)
        {
            while (at < text.Length && char.IsAsciiDigit(text[at])) at++;
            length = dots > 0 ? at : 0;
            if (at == text.Length || text[at] != '.') break;
            dots++;
            at++;
        }
        return length;
    }

    private static bool IsHash(ReadOnlySpan<char> text, int shortest) =>
        !text.ContainsAnyExcept(Hexadecimal)
        && (text.Length >= shortest || (text.Length >= ShortestMixedHash && Changes(text, byCase: false) >= 3));

    /// <summary>A token in three parts, as a JSON web token has.</summary>
    private static bool IsSignedToken(ReadOnlySpan<char> text) =>
        text.Length >= 2 * ShortestToken && text.IndexOfAnyExcept(Base64Characters) is var first && text[first] == '.'
        && first >= ShortestMixedToken;

    /// <summary>Whether letters, their case and digits alternate as in random text, unlike words and numbered words.</summary>
    private static bool IsToken(ReadOnlySpan<char> text)
    {
        if (text.Length < ShortestMixedToken || text.ContainsAnyExcept(Base64Characters)) return false;
        if (text[^1] == '=') return true;
        var isMixed = Changes(text, byCase: true) * 20 >= (text.Length - 1) * 9;
        return text.Length >= ShortestToken
            ? isMixed || Changes(text, byCase: false) >= 4
            : isMixed && text.ContainsAny(Digits) && text.ContainsAny(LowerCase) && text.ContainsAny(UpperCase);
    }

    private static int Changes(ReadOnlySpan<char> text, bool byCase)
    {
        var changes = 0;
        for (var i = 1; i < text.Length; i++)
        {
            var (one, other) = (text[i - 1], text[i]);
            if (char.IsAsciiDigit(one) != char.IsAsciiDigit(other)
                || (byCase && char.IsAsciiLetterUpper(one) != char.IsAsciiLetterUpper(other)))
            {
                changes++;
            }
        }
        return changes;
    }
}

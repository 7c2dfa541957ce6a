using System.Collections.Frozen;

namespace GunicornPrometheusExporter.Routes;

/// <summary>Recognises a locale at the start of a path, such as <c>en</c> or <c>pt-BR</c>.</summary>
internal static class Locales
{
    // Languages into which sites are translated, except those such as id, is, my, so and to, which are also names of routes.
    private static readonly FrozenSet<string> Languages = FrozenSet.ToFrozenSet(
    [
        "af", "ar", "az", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "eo", "es", "et", "eu", "fa", "fi", "fr", "ga",
        "gl", "he", "hi", "hr", "hu", "hy", "it", "ja", "ka", "kk", "km", "kn", "ko", "lt", "lv", "mk", "ml", "mn", "mr", "nb", "ne",
        "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi",
        "zh",
    ]);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup =
        Languages.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>A language, and behind it perhaps a script of four letters and a region of two letters or three digits.</summary>
    internal static bool IsLocale(ReadOnlySpan<char> segment)
    {
        if (segment.Length < 2 || !Lookup.Contains(segment[..2])) return false;
        for (segment = segment[2..]; !segment.IsEmpty;)
        {
            if (segment[0] is not ('-' or '_')) return false;
            var next = segment[1..].IndexOfAny('-', '_');
            var subtag = next < 0 ? segment[1..] : segment[1..(next + 1)];
            if (!IsScript(subtag) && !IsRegion(subtag)) return false;
            segment = segment[(subtag.Length + 1)..];
        }
        return true;
    }

    private static bool IsScript(ReadOnlySpan<char> subtag) =>
        subtag is [>= 'A' and <= 'Z', >= 'a' and <= 'z', >= 'a' and <= 'z', >= 'a' and <= 'z'];

    private static bool IsRegion(ReadOnlySpan<char> subtag) =>
        (subtag.Length == 2 && char.IsAsciiLetter(subtag[0]) && char.IsAsciiLetter(subtag[1]))
        || (subtag.Length == 3 && !subtag.ContainsAnyExceptInRange('0', '9'));
}

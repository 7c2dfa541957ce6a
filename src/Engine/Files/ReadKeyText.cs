using System.Globalization;
using System.Text;
using System.Text.Json;

namespace GunicornPrometheusExporter.Files;

/// <summary>Reads the strings of a key so that they are valid UTF-8.</summary>
/// <remarks>
/// Python's strings, and so its JSON, may contain half of a surrogate pair, for example from a file name that was not
/// UTF-8. It becomes U+FFFD.
/// </remarks>
internal static class ReadKeyText
{
    private const int EscapeSize = 6;
    private const string ReplacementEscape = @"\ufffd";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The reader's current string.</summary>
    /// <exception cref="DecoderFallbackException">Its bytes are not UTF-8.</exception>
    public static string Of(ref readonly Utf8JsonReader json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            var whole = ReplaceHalves(StrictUtf8.GetString(json.ValueSpan));
            var again = new Utf8JsonReader(StrictUtf8.GetBytes($"\"{whole}\""));
            again.Read();
            return again.GetString()!;
        }
    }

    private static string ReplaceHalves(string escaped)
    {
        var text = new StringBuilder(escaped);
        for (var i = 0; i < escaped.Length;)
        {
            if (UnitAt(escaped.AsSpan(i)) is not { } unit)
            {
                i += escaped[i] == '\\' ? 2 : 1;
                continue;
            }
            var isPair = UnitAt(escaped.AsSpan(i + EscapeSize)) is { } next && char.IsSurrogatePair(unit, next);
            // Both escapes have the same length.
            if (!isPair && char.IsSurrogate(unit)) text.Remove(i, EscapeSize).Insert(i, ReplacementEscape);
            i += isPair ? 2 * EscapeSize : EscapeSize;
        }
        return text.ToString();
    }

    /// <summary>The UTF-16 unit of an escape <c>\uXXXX</c> at the start of a text, or null.</summary>
    private static char? UnitAt(ReadOnlySpan<char> escaped) =>
        escaped.Length >= EscapeSize && escaped.StartsWith(@"\u")
            ? (char)ushort.Parse(escaped[2..EscapeSize], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : null;
}

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

    private static string ReplaceHalves(ReadOnlySpan<char> escaped)
    {
        var text = new StringBuilder(escaped.Length);
        while (escaped.Length > 0)
        {
            var length = 1;
            if (UnitAt(escaped) is { } unit)
            {
                length = EscapeSize;
                if (UnitAt(escaped[EscapeSize..]) is { } next && char.IsSurrogatePair(unit, next)) length = 2 * EscapeSize;
                else if (char.IsSurrogate(unit))
                {
                    text.Append(ReplacementEscape);
                    escaped = escaped[EscapeSize..];
                    continue;
                }
            }
            else if (escaped[0] == '\\')
            {
                length = 2;
            }
            text.Append(escaped[..length]);
            escaped = escaped[length..];
        }
        return text.ToString();
    }

    /// <summary>The UTF-16 unit of an escape <c>\uXXXX</c> at the start of a text, or null.</summary>
    private static char? UnitAt(ReadOnlySpan<char> escaped) =>
        escaped.Length >= EscapeSize && escaped.StartsWith(@"\u")
            ? (char)ushort.Parse(escaped[2..EscapeSize], NumberStyles.HexNumber, CultureInfo.InvariantCulture)
            : null;
}

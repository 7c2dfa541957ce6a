using System.Globalization;
using System.Text;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>Which names need no quotes, and what each escaping scheme makes of the others.</summary>
internal static class NameSyntax
{
    private const string ValuesPrefix = "U__";

    /// <summary>Whether every format has the metric's name without quotes.</summary>
    public static bool IsMetric(string name) => IsName(name, allowColon: true);

    /// <summary>Whether every format has the label's name without quotes.</summary>
    public static bool IsLabel(string name) => IsName(name, allowColon: false);

    public static string EscapeMetric(string name, NameEscaping escaping) => Escape(name, escaping, allowColon: true);

    public static string EscapeLabel(string name, NameEscaping escaping) => Escape(name, escaping, allowColon: false);

    private static string Escape(string name, NameEscaping escaping, bool allowColon)
    {
        // Dots also change the underscores of other names, so that the result is unambiguous.
        if (escaping == NameEscaping.AllowUtf8 || (escaping != NameEscaping.Dots && IsName(name, allowColon))) return name;
        var text = new StringBuilder(escaping == NameEscaping.Values ? ValuesPrefix : "", 2 * name.Length);
        var isFirst = true;
        foreach (var rune in name.EnumerateRunes())
        {
            var c = rune.IsAscii ? (char)rune.Value : '\0';
            _ = (escaping, c) switch
            {
                (NameEscaping.Dots, '.') => text.Append("_dot_"),
                (not NameEscaping.Underscores, '_') => text.Append("__"),
                _ when IsAllowed(c, isFirst, allowColon) => text.Append(c),
                (NameEscaping.Dots, _) => text.Append("__"),
                (NameEscaping.Values, _) => text.Append(CultureInfo.InvariantCulture, $"_{rune.Value:x}_"),
                _ => text.Append('_'),
            };
            isFirst = false;
        }
        return text.ToString();
    }

    private static bool IsName(string name, bool allowColon)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!IsAllowed(name[i], i == 0, allowColon)) return false;
        }
        return name.Length > 0;
    }

    private static bool IsAllowed(char c, bool isFirst, bool allowColon) =>
        char.IsAsciiLetter(c) || c == '_' || (allowColon && c == ':') || (!isFirst && char.IsAsciiDigit(c));
}

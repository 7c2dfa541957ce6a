using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The syntax of the Prometheus text format 0.0.4. No other type knows it.</summary>
/// <remarks>Sample lines in OpenMetrics are the same.</remarks>
internal static class TextSyntax
{
    /// <summary>A metric's name with an underscore for each character that the format does not allow.</summary>
    public static string MetricName(string name) => Replace(name, allowColon: true);

    /// <summary>A label's name with an underscore for each character that the format does not allow.</summary>
    public static string LabelName(string name) => Replace(name, allowColon: false);

    /// <summary>Labels in the form between the braces, in the given order.</summary>
    /// <returns>Null if two names are equal after characters are replaced.</returns>
    public static string? Labels(IReadOnlyList<Label> labels)
    {
        var text = new StringBuilder();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (labelName, value) in labels)
        {
            var name = LabelName(labelName);
            if (!names.Add(name)) return null;
            if (text.Length > 0) text.Append(',');
            text.Append(name).Append("=\"");
            foreach (var c in value)
            {
                _ = c switch
                {
                    '\\' => text.Append(@"\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append(@"\n"),
                    _ => text.Append(c),
                };
            }
            text.Append('"');
        }
        return text.ToString();
    }

    /// <summary>Removes the first label from the span, which has the form between the braces, and returns it.</summary>
    public static (byte[] Name, byte[] Value) TakeLabel(ref ReadOnlySpan<byte> labels)
    {
        var nameLength = labels.IndexOf("=\""u8);
        var name = labels[..nameLength].ToArray();
        labels = labels[(nameLength + 2)..];
        var value = new List<byte>();
        var length = 0;
        for (; labels[length] != '"'; length++)
        {
            if (labels[length] == '\\') value.Add(labels[++length] == 'n' ? (byte)'\n' : labels[length]);
            else value.Add(labels[length]);
        }
        labels = labels[(length + 1)..].TrimStart((byte)',');
        return (name, [.. value]);
    }

    public static string Append(string labels, string name, string value) =>
        labels.Length == 0 ? $"{name}=\"{value}\"" : $"{labels},{name}=\"{value}\"";

    /// <summary>The start of a sample's line, before its value.</summary>
    public static byte[] Line(string name, string labels) =>
        Encoding.UTF8.GetBytes(labels.Length == 0 ? $"{name} " : $"{name}{{{labels}}} ");

    /// <summary>The labels between the braces of a sample's line; empty without labels.</summary>
    public static ReadOnlyMemory<byte> LabelsOf(string name, byte[] line) =>
        line.Length == name.Length + 1 ? default : line.AsMemory()[(name.Length + 1)..^2];

    public static byte[] Header(string name, MetricType type, string help)
    {
        var text = help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes($"# HELP {name} {text}\n# TYPE {name} {type.Word()}\n");
    }

    private static string Replace(string name, bool allowColon)
    {
        if (IsName(name, allowColon)) return name;
        var text = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            var c = rune.IsAscii ? (char)rune.Value : '\0';
            text.Append(IsAllowed(c, text.Length, allowColon) ? c : '_');
        }
        return text.Length == 0 ? "_" : text.ToString();
    }

    private static bool IsName(string name, bool allowColon)
    {
        for (var i = 0; i < name.Length; i++)
        {
            if (!IsAllowed(name[i], i, allowColon)) return false;
        }
        return name.Length > 0;
    }

    private static bool IsAllowed(char c, int place, bool allowColon) =>
        char.IsAsciiLetter(c) || c == '_' || (allowColon && c == ':') || (place > 0 && char.IsAsciiDigit(c));
}

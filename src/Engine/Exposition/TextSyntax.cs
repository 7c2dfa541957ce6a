using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>The syntax of the Prometheus text formats 0.0.4 and 1.0.0. No other type knows it.</summary>
/// <remarks>Sample lines in OpenMetrics are the same. Names in quotes are only in 1.0.0 and OpenMetrics.</remarks>
internal static class TextSyntax
{
    /// <summary>Labels in the form between the braces, in the given order.</summary>
    /// <returns>Null if two names are equal.</returns>
    public static string? Labels(IReadOnlyList<Label> labels)
    {
        var text = new StringBuilder();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (labelName, value) in labels)
        {
            // No format has an empty name.
            var name = labelName.Length > 0 ? labelName : "_";
            if (!names.Add(name)) return null;
            if (text.Length > 0) text.Append(',');
            if (NameSyntax.IsLabel(name)) text.Append(name);
            else AppendQuoted(text, name);
            AppendQuoted(text.Append('='), value);
        }
        return text.ToString();
    }

    /// <summary>Removes the first label from the span, which has the form between the braces, and returns it.</summary>
    public static (byte[] Name, byte[] Value) TakeLabel(ref ReadOnlySpan<byte> labels)
    {
        var isQuoted = labels[0] == '"';
        var nameLength = labels.IndexOf((byte)'=');
        var name = isQuoted ? TakeQuoted(ref labels) : labels[..nameLength].ToArray();
        labels = labels[(isQuoted ? 1 : nameLength + 1)..];
        var value = TakeQuoted(ref labels);
        labels = labels.TrimStart((byte)',');
        return (name, value);
    }

    /// <summary>The labels of a text in the form between the braces.</summary>
    public static List<Label> ToLabels(ReadOnlySpan<byte> text)
    {
        var labels = new List<Label>();
        while (text.Length > 0)
        {
            var (name, value) = TakeLabel(ref text);
            labels.Add(new(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value)));
        }
        return labels;
    }

    public static string Append(string labels, string name, string value) =>
        labels.Length == 0 ? $"{name}=\"{value}\"" : $"{labels},{name}=\"{value}\"";

    /// <summary>The start of a line, before a value.</summary>
    public static byte[] Line(string name, string labels) => Encoding.UTF8.GetBytes(
        labels.Length > 0 ? $"{Head(name)}{labels}}} "
        : NameSyntax.IsMetric(name) ? $"{name} "
        : $"{Opening(name)}\"}} ");

    /// <summary>The start of a line, before its first label.</summary>
    public static string Head(string name) => Opening(name) + (NameSyntax.IsMetric(name) ? "{" : "\",");

    /// <summary>The start of a line, as far as a name with another suffix replaces it.</summary>
    public static string Opening(string name) =>
        NameSyntax.IsMetric(name) ? name : AppendQuoted(new("{"), name).ToString()[..^1];

    /// <summary>The labels between the braces of a sample's line; empty without labels.</summary>
    public static ReadOnlyMemory<byte> LabelsOf(string name, byte[] line)
    {
        var start = Encoding.UTF8.GetByteCount(Head(name));
        return start < line.Length - 2 ? line.AsMemory()[start..^2] : default;
    }

    /// <summary>The name of a family as its header has it.</summary>
    public static string Family(string name) =>
        NameSyntax.IsMetric(name) ? name : AppendQuoted(new(), name).ToString();

    public static byte[] Header(string name, MetricType type, string help)
    {
        var text = help.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes($"# HELP {Family(name)} {text}\n# TYPE {Family(name)} {type.Word()}\n");
    }

    private static StringBuilder AppendQuoted(StringBuilder text, string content)
    {
        text.Append('"');
        foreach (var c in content)
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append(@"\n"),
                _ => text.Append(c),
            };
        }
        return text.Append('"');
    }

    /// <summary>Removes a text in quotes from the start of the span, and returns it without them.</summary>
    private static byte[] TakeQuoted(ref ReadOnlySpan<byte> text)
    {
        var content = new List<byte>();
        var length = 1;
        for (; text[length] != '"'; length++)
        {
            if (text[length] == '\\') content.Add(text[++length] == 'n' ? (byte)'\n' : text[length]);
            else content.Add(text[length]);
        }
        text = text[(length + 1)..];
        return [.. content];
    }
}

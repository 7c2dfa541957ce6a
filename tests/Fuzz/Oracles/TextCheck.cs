using System.Globalization;
using System.Text;

namespace GunicornPrometheusExporter.Fuzz.Oracles;

/// <summary>Checks that a text exposition is one: every line in its form, every family and sample once, each sample under its family.</summary>
internal sealed class TextCheck
{
    private const string Help = "# HELP ";
    private const string Type = "# TYPE ";
    private const string Unit = "# UNIT ";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);
    private static readonly string[] TypeWords = ["counter", "gauge", "histogram", "summary", "unknown"];

    private readonly HashSet<string> _families = new(StringComparer.Ordinal);
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);
    private string _family = "";

    /// <summary>Checks the text format 0.0.4.</summary>
    /// <returns>Its samples, as they are written, with their values.</returns>
    public static Dictionary<string, double> Text(ReadOnlySpan<byte> text)
    {
        var check = new TextCheck();
        check.Lines(StrictUtf8.GetString(text));
        return check._samples;
    }

    /// <summary>Checks OpenMetrics.</summary>
    public static void OpenMetrics(ReadOnlySpan<byte> text)
    {
        FuzzFailure.Unless(text.EndsWith("# EOF\n"u8), "OpenMetrics has no end");
        new TextCheck().Lines(StrictUtf8.GetString(text[..^"# EOF\n"u8.Length]));
    }

    private void Lines(string text)
    {
        FuzzFailure.Unless(text.Length == 0 || text.EndsWith('\n'), "the last line does not end");
        foreach (var line in text.Split('\n')[..^1])
        {
            if (line.StartsWith(Help, StringComparison.Ordinal)) Begin(line[Help.Length..].Split(' ')[0], line);
            else if (line.StartsWith(Type, StringComparison.Ordinal)) TypeLine(line);
            else if (line.StartsWith(Unit, StringComparison.Ordinal)) FuzzFailure.Unless(line.StartsWith($"{Unit}{_family} ", StringComparison.Ordinal), line);
            else Sample(line);
        }
    }

    private void Begin(string family, string line)
    {
        FuzzFailure.Unless(IsName(family, ':'), $"no name: {line}");
        FuzzFailure.Unless(_families.Add(family), $"a family twice: {line}");
        _family = family;
    }

    private void TypeLine(string line) =>
        FuzzFailure.Unless(line[Type.Length..].Split(' ') is [var family, var type] && family == _family && TypeWords.Contains(type), line);

    private void Sample(string line)
    {
        var end = line.IndexOfAny(['{', ' ']);
        FuzzFailure.Unless(end > 0 && IsName(line[..end], ':'), $"no name: {line}");
        FuzzFailure.Unless(line.StartsWith(_family, StringComparison.Ordinal), $"not of {_family}: {line}");
        if (line[end] == '{') end = Labels(line, end + 1);
        FuzzFailure.Unless(end < line.Length && line[end] == ' ', $"no number: {line}");
        FuzzFailure.Unless(_samples.TryAdd(line[..end], Number(line[(end + 1)..], line)), $"a sample twice: {line}");
    }

    /// <returns>Where they end.</returns>
    private static int Labels(string line, int at)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var equals = line.IndexOf('=', at);
            FuzzFailure.Unless(equals > 0 && IsName(line[at..equals], '_') && names.Add(line[at..equals]), $"no label: {line}");
            FuzzFailure.Unless(line[(equals + 1)..].StartsWith('"'), $"no value: {line}");
            at = equals + 2;
            while (at < line.Length && line[at] != '"') at += Character(line, at);
            FuzzFailure.Unless(at + 1 < line.Length && line[at + 1] is ',' or '}', $"labels do not end: {line}");
            at += 2;
            if (line[at - 1] == '}') return at;
        }
    }

    private static int Character(string line, int at)
    {
        if (line[at] != '\\') return 1;
        FuzzFailure.Unless(at + 1 < line.Length && line[at + 1] is '\\' or '"' or 'n', $"no escape: {line}");
        return 2;
    }

    private static double Number(string text, string line) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ when double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new FuzzFailure($"no number: {line}"),
    };

    private static bool IsName(string name, char extra) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_' || c == extra);
}

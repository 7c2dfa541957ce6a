using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>A sample of the text format 0.0.4. Immutable.</summary>
internal sealed partial record TextSample(string Name, ImmutableArray<Label> Labels, double Value)
{
    /// <summary>Reads every sample of an untrusted text; skips comment lines.</summary>
    /// <exception cref="FormatException">A line does not match the format.</exception>
    public static IEnumerable<TextSample> ReadAll(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#').Select(Read);

    private static TextSample Read(string line)
    {
        var groups = Form().Match(line).Groups;
        if (!TryParse(groups["value"].ValueSpan, out var value))
        {
            throw new FormatException($"did not return Prometheus metrics (got: {(line.Length <= 80 ? line : line[..80] + "…")})");
        }
        var labels = groups["label"].Captures.Zip(
            groups["text"].Captures, (name, text) => new Label(name.Value.Trim(), Escape().Replace(text.Value, Unescape)));
        return new(groups["name"].Value, [.. labels], value);
    }

    private static string Unescape(Match escape) => escape.Value == @"\n" ? "\n" : escape.Value[1..];

    private static bool TryParse(ReadOnlySpan<char> text, out double value)
    {
        value = text switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            _ => double.NaN,
        };
        return !double.IsNaN(value) || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    // Nothing in it can match in two ways, so a hostile line takes no longer than another. A timestamp may follow the value.
    [GeneratedRegex("""
        ^(?<name>(?>[^{ \t]+))(?=[{ \t])\s*
        (\{(?>[ ,]*)((?<label>(?>[^=]+))="(?<text>(?>([^"\\]|\\.)*))"(?>[ ,]*))*\})?\s*
        (?<value>\S+)
        """, RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Form();

    [GeneratedRegex(@"\\.")]
    private static partial Regex Escape();
}

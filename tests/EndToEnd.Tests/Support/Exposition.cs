using System.Globalization;
using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>The samples of a text exposition, by name and sorted labels.</summary>
internal sealed partial class Exposition
{
    internal Exposition(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#')) continue;
            var space = line.LastIndexOf(' ');
            var value = line[(space + 1)..] switch
            {
                "+Inf" => double.PositiveInfinity,
                "-Inf" => double.NegativeInfinity,
                var number => double.Parse(number, CultureInfo.InvariantCulture),
            };
            Samples.Add(Sorted(line[..space]), value);
        }
    }

    internal string Text { get; }

    internal Dictionary<string, double> Samples { get; } = [];

    [GeneratedRegex("[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\]|\\\\.)*\"")]
    private static partial Regex LabelPattern();

    /// <summary>The series with its labels in the order of their names.</summary>
    private static string Sorted(string series)
    {
        var brace = series.IndexOf('{');
        if (brace < 0) return series;
        var labels = LabelPattern().Matches(series[brace..]).Select(match => match.Value).Order(StringComparer.Ordinal);
        return $"{series[..brace]}{{{string.Join(',', labels)}}}";
    }

    /// <summary>The sum of a sample over every series that has all of these labels, each as <c>name="value"</c>.</summary>
    internal double Sum(string name, params string[] labels) => Samples
        .Where(sample => sample.Key == name || sample.Key.StartsWith(name + "{", StringComparison.Ordinal))
        .Where(sample => labels.All(label => sample.Key.Contains(label, StringComparison.Ordinal)))
        .Sum(sample => sample.Value);
}

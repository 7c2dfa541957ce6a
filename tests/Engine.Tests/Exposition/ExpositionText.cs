using System.Globalization;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>The text format 0.0.4, read strictly: nothing twice, no sample before its family.</summary>
public sealed class ExpositionText
{
    private ExpositionText() { }

    /// <summary>The type of each family.</summary>
    public Dictionary<string, string> Types { get; } = [];

    /// <summary>The help of each family, unescaped.</summary>
    public Dictionary<string, string> Helps { get; } = [];

    /// <summary>The value of each sample: <c>name{label=value,…}</c> with the labels sorted and as they were meant.</summary>
    public Dictionary<string, double> Samples { get; } = [];

    /// <summary>The names of the samples in the order of the text.</summary>
    public List<string> Order { get; } = [];

    public static ExpositionText Parse(ReadOnlySpan<byte> text) => Parse(new UTF8Encoding(false, true).GetString(text));

    public static ExpositionText Parse(string text)
    {
        var exposition = new ExpositionText();
        Assert.True(text.Length == 0 || text.EndsWith('\n'), "the last line does not end");
        foreach (var line in text.Split('\n').SkipLast(1))
        {
            var words = line.Split(' ', 4);
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) exposition.Helps.Add(words[2], Unescape(words[3]));
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) exposition.Types.Add(words[2], words[3]);
            else exposition.AddSample(line);
        }
        return exposition;
    }

    /// <summary>Only the samples whose family passes.</summary>
    public Dictionary<string, double> Where(Func<string, bool> name) =>
        Samples.Where(sample => name(sample.Key)).ToDictionary(sample => sample.Key, sample => sample.Value);

    private void AddSample(string line)
    {
        var end = line.AsSpan().IndexOfAny('{', ' ');
        var name = line[..end];
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var position = end;
        if (line[position] == '{')
        {
            position++;
            while (line[position] != '}')
            {
                var equals = line.IndexOf('=', position);
                var value = new StringBuilder();
                Assert.Equal('"', line[equals + 1]);
                var at = equals + 2;
                for (; line[at] != '"'; at++)
                {
                    value.Append(line[at]);
                    if (line[at] == '\\') value.Append(line[++at]);
                }
                labels.Add(line[position..equals], Unescape(value.ToString()));
                position = line[at + 1] == ',' ? at + 2 : at + 1;
            }
            position++;
        }
        Assert.Equal(' ', line[position]);
        if (labels.TryGetValue("le", out var bound)) labels["le"] = Number(bound).ToString("R", CultureInfo.InvariantCulture);
        var sample = $"{name}{{{string.Join(',', labels.Select(label => $"{label.Key}={label.Value}"))}}}";
        Samples.Add(sample, Number(line[(position + 1)..]));
        Order.Add(sample);
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static string Unescape(string text)
    {
        var unescaped = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length) unescaped.Append(text[i]);
            else unescaped.Append(text[++i] == 'n' ? '\n' : text[i]);
        }
        return unescaped.ToString();
    }
}

using System.Globalization;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>The text formats 0.0.4 and 1.0.0, read strictly: nothing twice, no sample before its family.</summary>
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
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) AddTo(exposition.Helps, line, Unescape);
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) AddTo(exposition.Types, line, type => type);
            else exposition.AddSample(line);
        }
        return exposition;
    }

    /// <summary>Only the samples whose family passes.</summary>
    public Dictionary<string, double> Where(Func<string, bool> name) =>
        Samples.Where(sample => name(sample.Key)).ToDictionary(sample => sample.Key, sample => sample.Value);

    private static void AddTo(Dictionary<string, string> texts, string line, Func<string, string> read)
    {
        var position = "# HELP ".Length;
        var name = Name(line, ref position, ' ');
        texts.Add(name, read(line[(position + 1)..]));
    }

    private void AddSample(string line)
    {
        var position = line.StartsWith("{\"", StringComparison.Ordinal) ? 1 : 0;
        var isQuoted = position == 1;
        var name = Name(line, ref position, '{', ' ');
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (isQuoted || line[position] == '{')
        {
            while (line[position] != '}')
            {
                // Past the brace or the comma.
                position++;
                if (line[position] == '}') break;
                var label = Name(line, ref position, '=');
                position++;
                Assert.Equal('"', line[position]);
                labels.Add(label, Name(line, ref position));
            }
            position++;
        }
        Assert.Equal(' ', line[position]);
        if (labels.TryGetValue("le", out var bound)) labels["le"] = Number(bound).ToString("R", CultureInfo.InvariantCulture);
        var sample = $"{name}{{{string.Join(',', labels.Select(label => $"{label.Key}={label.Value}"))}}}";
        Samples.Add(sample, Number(line[(position + 1)..]));
        Order.Add(sample);
    }

    /// <summary>Reads a text in quotes, unescaped, or one that ends before a character.</summary>
    private static string Name(string line, ref int position, params ReadOnlySpan<char> ends)
    {
        var start = position;
        if (line[start] != '"')
        {
            position += line.AsSpan(start).IndexOfAny(ends);
            return line[start..position];
        }
        for (position++; line[position] != '"'; position++)
        {
            if (line[position] == '\\') position++;
        }
        return Unescape(line[(start + 1)..position++]);
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

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>A sample of the text format 0.0.4. Immutable.</summary>
internal sealed record TextSample(string Name, ImmutableArray<Label> Labels, double Value)
{
    /// <summary>Reads every sample of an untrusted text; skips comment lines.</summary>
    /// <exception cref="FormatException">A line does not match the format.</exception>
    public static IEnumerable<TextSample> ReadAll(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (line[0] != '#') yield return Read(line);
        }
    }

    private static TextSample Read(string line)
    {
        var rest = line.AsSpan();
        var nameLength = rest.IndexOfAny('{', ' ', '\t');
        if (nameLength <= 0) throw Malformed(line);
        var name = rest[..nameLength].ToString();
        rest = rest[nameLength..].TrimStart();
        var labels = ImmutableArray.CreateBuilder<Label>();
        if (rest.StartsWith('{'))
        {
            for (rest = rest[1..].TrimStart(" ,"); !rest.StartsWith('}'); rest = rest.TrimStart(" ,"))
            {
                if (!TryTakeLabel(ref rest, out var label)) throw Malformed(line);
                labels.Add(label);
            }
            rest = rest[1..];
        }
        rest = rest.Trim();
        // A timestamp may follow the value.
        var valueLength = rest.IndexOfAny(' ', '\t');
        return TryParse(valueLength < 0 ? rest : rest[..valueLength], out var value)
            ? new(name, labels.DrainToImmutable(), value)
            : throw Malformed(line);
    }

    private static bool TryTakeLabel(ref ReadOnlySpan<char> rest, out Label label)
    {
        label = default;
        var nameLength = rest.IndexOf("=\"");
        if (nameLength <= 0) return false;
        var value = new StringBuilder();
        for (var i = nameLength + 2; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                label = new(rest[..nameLength].Trim().ToString(), value.ToString());
                rest = rest[(i + 1)..];
                return true;
            }
            var isEscaped = rest[i] == '\\';
            if (isEscaped && ++i == rest.Length) return false;
            value.Append(isEscaped && rest[i] == 'n' ? '\n' : rest[i]);
        }
        return false;
    }

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

    private static FormatException Malformed(string line) =>
        new($"not a line of the Prometheus text format: {(line.Length <= 80 ? line : line[..80] + "…")}");
}

using System.Text;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exposition;

/// <summary>How OpenMetrics 1.0.0 differs from the text format. No other type knows these differences.</summary>
internal static class OpenMetricsSyntax
{
    /// <summary>The suffix of the sample with the creation time of a counter, a histogram or a summary.</summary>
    public const string CreatedSuffix = "_created";

    /// <summary>The type of a counter that is exposed without its type.</summary>
    public const string UnknownType = "unknown";

    public static ReadOnlySpan<byte> End => "# EOF\n"u8;

    /// <summary>The lines above a family's samples; a counter's name is without <c>_total</c>.</summary>
    public static byte[] Header(string name, string type, string help)
    {
        var text = help.Replace(@"\", @"\\", StringComparison.Ordinal)
            .Replace("\n", @"\n", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal);
        var family = TextSyntax.Family(name);
        var unit = MetricUnits.Of(name) is { } word ? $"# UNIT {family} {word}\n" : "";
        return Encoding.UTF8.GetBytes($"# HELP {family} {text}\n# TYPE {family} {type}\n{unit}");
    }
}

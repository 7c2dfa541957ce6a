using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The words for types in expositions, store file names and messages.</summary>
internal static class MetricTypeWords
{
    // In the order of MetricType.
    private static readonly ImmutableArray<string> Words = ["counter", "gauge", "histogram", "summary"];

    public static string Word(this MetricType type) => Words[(int)type];

    public static bool TryParse(string word, out MetricType type)
    {
        type = (MetricType)Words.IndexOf(word);
        return type >= 0;
    }
}

using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The native histograms of the latency as text, because only protobuf metrics have them.</summary>
internal static class LatencyText
{
    internal const string Path = "latencies.txt";

    internal static string Write(Samples samples) => string.Concat(samples.NativesOf(MetricCatalogue.HttpRequestDuration).Select(LineOf));

    private static string LineOf(Sample sample)
    {
        var start = TextSyntax.Line(sample.Key.Name, TextSyntax.Labels(sample.Key.Labels) ?? "");
        return $"{Encoding.UTF8.GetString(start)}{SampleNumber.ToText(sample.Value)}\n";
    }
}

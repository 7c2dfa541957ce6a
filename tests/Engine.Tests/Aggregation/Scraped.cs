using System.Buffers;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Exposition;
using Microsoft.Extensions.Logging.Abstractions;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

/// <summary>What the engine exposes of a directory.</summary>
public static class Scraped
{
    public static ExpositionText Once(string directory)
    {
        using var aggregator = new StoreAggregator(directory, NullLogger.Instance);
        return aggregator.Read();
    }

    public static byte[] Once(string directory, ExpositionFormat format, NameEscaping escaping = NameEscaping.Underscores)
    {
        using var aggregator = new StoreAggregator(directory, NullLogger.Instance);
        aggregator.Refresh();
        return aggregator.Written(format, escaping: escaping);
    }

    public static byte[] Written(
        this StoreAggregator aggregator, ExpositionFormat format, IReadOnlySet<string>? names = null,
        NameEscaping escaping = NameEscaping.Underscores)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregator.Write(output, format, names, escaping);
        return output.WrittenSpan.ToArray();
    }

    public static ExpositionText Read(this StoreAggregator aggregator)
    {
        var output = new ArrayBufferWriter<byte>();
        aggregator.Scrape(output);
        return ExpositionText.Parse(output.WrittenSpan);
    }
}

using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class SampleSourceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();
    private readonly StoreAggregator _aggregator;

    public SampleSourceTests() => _aggregator = new StoreAggregator(_directory.Path, _log);

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_source_is_added_by_one_line()
    {
        _aggregator.Sources.Add(new Source(families => families.Set(MetricCatalogue.Compactions, 7)));

        Assert.Equal(7, _aggregator.Read().Samples["gunicorn_exporter_compactions_total{}"]);
    }

    [Fact]
    public void A_source_that_fails_lacks_only_its_samples_and_is_logged_once()
    {
        _aggregator.Sources.Insert(0, new Source(_ => throw new NotSupportedException("no such thing")));

        Assert.Equal(0, _aggregator.Read().Samples["gunicorn_up{}"]);
        Assert.Equal(0, _aggregator.Read().Samples["gunicorn_up{}"]);

        Assert.Equal(
            ["serving without a part of the metrics: mine failed (NotSupportedException: no such thing)"], _log.Messages);
    }

    private sealed class Source(Action<FamilyTable> add) : ISampleSource
    {
        public string Name => "mine";

        public void Add(FamilyTable families) => add(families);
    }
}

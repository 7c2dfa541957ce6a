using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class PeaksTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Clock _clock = new();
    private readonly StoreAggregator _aggregator;
    private readonly Source _source;

    public PeaksTests()
    {
        _aggregator = new StoreAggregator(_directory.Path, NullLogger.Instance, _clock);
        _source = new Source(_aggregator.Sources.OfType<Peaks>().Single());
        // A gauge gets a peak by one line in the source that reads it, wherever the peaks are in the list.
        _aggregator.Sources.Insert(0, _source);
    }

    public void Dispose()
    {
        _aggregator.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_spike_between_two_scrapes_shows_for_90_seconds_to_each_scraper()
    {
        Tick(0, 0);
        Tick(1, 7);
        Tick(2, 0);
        Assert.Equal(7, Peak());
        Assert.Equal(7, Peak());
        for (var second = 3; second <= 90; second++)
        {
            Tick(second, 1);
            Assert.Equal(7, Peak());
        }
        Tick(91, 1);
        Assert.Equal(1, Peak());
    }

    [Fact]
    public void A_scrape_observes_the_peak_too()
    {
        Tick(0, 0);
        _source.Value = 5;
        Assert.Equal(5, Peak());
        Tick(1, 0);
        Assert.Equal(5, Peak());
    }

    [Fact]
    public void A_gauge_that_is_gone_loses_its_peak_after_90_seconds_also_if_nobody_looked_meanwhile()
    {
        Tick(0, 3);
        _source.Value = null;
        _clock.Seconds = 89.5;
        Assert.Equal(3, Peak());
        _clock.Seconds = 90;
        Assert.Null(Peak());
        Tick(1000, 2);
        Assert.Equal(2, Peak());
    }

    private void Tick(double second, double value)
    {
        (_clock.Seconds, _source.Value) = (second, value);
        _aggregator.Look();
    }

    private double? Peak() =>
        _aggregator.Read().Samples.TryGetValue("gunicorn_listener_backlog_peak{listener=a}", out var peak) ? peak : null;

    private sealed class Source(Peaks peaks) : ISampleSource
    {
        public double? Value { get; set; }

        public string Name => "mine";

        public void Look(FamilyTable families)
        {
            if (Value is { } value) peaks.Observe(MetricCatalogue.ListenerBacklogPeak, value, new Label("listener", "a"));
        }

        public void Add(FamilyTable families) { }
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * TimestampFrequency);
    }
}

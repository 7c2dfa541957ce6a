using GunicornPrometheusExporter.Exporter.Web;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Web;

public sealed class RateGateTests
{
    private static readonly RateLimit ThreeThenOneEachSecond = new(TimeSpan.FromSeconds(1), 3);

    private readonly Clock _clock = new();
    private readonly RateGate _gate;

    public RateGateTests() => _gate = new(_clock);

    [Fact]
    public void A_burst_passes_and_then_one_request_per_interval()
    {
        Assert.Equal([true, true, true, false, false], Ask(5));
        _clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal([false], Ask(1));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal([true, false], Ask(2));
    }

    [Fact]
    public void A_pause_fills_the_bucket_and_no_more()
    {
        Ask(3);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([true, true, false], Ask(3));
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal([true, true, true, false], Ask(4));
    }

    [Fact]
    public void Another_limit_begins_with_a_full_bucket_and_none_passes_everything()
    {
        Ask(4);
        Assert.True(_gate.TryPass(new(TimeSpan.FromHours(1), 1)));
        Assert.False(_gate.TryPass(new(TimeSpan.FromHours(1), 1)));
        Assert.True(_gate.TryPass(null));
    }

    [Fact]
    public void The_largest_limit_passes() => Assert.True(_gate.TryPass(new(TimeSpan.FromHours(1), int.MaxValue)));

    private bool[] Ask(int times) => [.. Enumerable.Range(0, times).Select(_ => _gate.TryPass(ThreeThenOneEachSecond))];

    private sealed class Clock : TimeProvider
    {
        private long _ticks = 1_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}

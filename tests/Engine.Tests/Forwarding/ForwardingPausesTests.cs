using GunicornPrometheusExporter.Forwarding;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

public sealed class ForwardingPausesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ForwardingPauses _pauses;

    public ForwardingPausesTests() => _pauses = new(TimeSpan.FromSeconds(30), _time);

    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 29)]
    [InlineData(29.5, 0.5)]
    [InlineData(30, 30)]
    [InlineData(95, 25)]
    public void Attempts_stay_on_the_multiples_of_the_interval(double seconds, double pause)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(TimeSpan.FromSeconds(pause), _pauses.AfterSuccess());
    }

    [Fact]
    public void A_timer_that_fires_early_brings_no_second_attempt_at_once()
    {
        _pauses.AfterSuccess();
        _time.Advance(TimeSpan.FromSeconds(29.999));
        Assert.Equal(TimeSpan.FromSeconds(30.001), _pauses.AfterSuccess());
    }

    [Fact]
    public void Failures_double_the_pause_up_to_the_interval_and_less_a_random_part()
    {
        foreach (var longest in (double[])[1, 2, 4, 8, 16, 30, 30, 30])
        {
            Assert.InRange(_pauses.AfterFailure().TotalSeconds, longest / 2, longest);
        }
        _pauses.AfterSuccess();
        Assert.InRange(_pauses.AfterFailure().TotalSeconds, 0.5, 1);
    }
}

using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Readings;

public sealed class LatenciesTests
{
    [Fact]
    public void A_quantile_lies_between_the_bounds_of_its_bucket()
    {
        var latencies = Of(("0.1", 50), ("0.2", 100), ("+Inf", 101));

        Assert.Equal(.101, latencies.Quantile(.5)!.Value.Seconds, 9);
        Assert.Equal("101 ms", Show.Quantile(latencies.Quantile(.5)));
    }

    [Theory]
    [InlineData("0.001", "< 1 ms")]
    [InlineData("0.0005", "< 0.5 ms")]
    [InlineData("2.5", "< 2.5 s")]
    public void Requests_below_the_first_bound_have_no_estimate(string bound, string shown) =>
        Assert.Equal(shown, Show.Quantile(Of((bound, 100), ("30", 100), ("+Inf", 100)).Quantile(.5)));

    [Fact]
    public void Requests_beyond_the_last_bound_have_no_estimate() =>
        Assert.Equal("> 30 s", Show.Quantile(Of(("1", 1), ("30", 1), ("+Inf", 100)).Quantile(.99)));

    [Fact]
    public void Without_requests_there_is_a_dash()
    {
        Assert.Equal("–", Show.Quantile(new Latencies().Quantile(.5)));
        Assert.Equal("–", Show.Quantile(Of(("1", 0), ("+Inf", 0)).Quantile(.5)));
    }

    private static Latencies Of(params ReadOnlySpan<(string Bound, double Count)> buckets)
    {
        var latencies = new Latencies();
        foreach (var (bound, count) in buckets) latencies.Add(HistogramBounds.BoundOf(bound)!.Value, count);
        return latencies;
    }
}

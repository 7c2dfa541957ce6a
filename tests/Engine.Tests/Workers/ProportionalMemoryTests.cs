using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class ProportionalMemoryTests
{
    [Theory]
    [InlineData(0.001, 15)]
    [InlineData(0.015, 15)]
    [InlineData(0.017, 17)]
    [InlineData(0.5, 500)]
    public void Reading_it_takes_no_more_than_a_thousandth_of_the_time_and_is_due_every_15_seconds_at_most(double cost, double interval) =>
        Assert.Equal(100 + cost + interval, PrometheusWorker.NextProportional(100, 100 + cost), 6);
}

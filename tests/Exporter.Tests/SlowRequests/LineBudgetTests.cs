using GunicornPrometheusExporter.Exporter.SlowRequests;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.SlowRequests;

public sealed class LineBudgetTests
{
    [Fact]
    public void A_hundred_lines_a_minute_are_written_and_the_others_counted()
    {
        var budget = new LineBudget();
        Assert.Equal(100, Enumerable.Range(0, 150).Count(_ => budget.TrySpend(1000)));
        Assert.Equal(0, budget.TakeDropped(1059));
        Assert.False(budget.TrySpend(1059));
        Assert.Equal(51, budget.TakeDropped(1060));
        Assert.Equal(0, budget.TakeDropped(1060));
        Assert.True(budget.TrySpend(1061));
    }

    [Fact]
    public void A_quiet_minute_drops_nothing()
    {
        var budget = new LineBudget();
        for (var second = 0; second < 300; second++) Assert.True(budget.TrySpend(second));
        Assert.Equal(0, budget.TakeDropped(1000));
    }
}

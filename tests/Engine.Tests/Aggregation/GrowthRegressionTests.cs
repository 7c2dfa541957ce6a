using GunicornPrometheusExporter.Aggregation;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class GrowthRegressionTests
{
    private const double Leak = 10_000;

    private readonly Random _chance = new(17);

    [Fact]
    public void A_small_leak_is_found_in_noise_that_is_a_hundred_times_larger()
    {
        var regression = new GrowthRegression(4);
        for (var i = 0; i < 20_000; i++) Observe(regression, [5, Requests(), Requests(), Requests()], row => Leak * row[1]);

        var bounds = regression.LowerBounds(3);

        Assert.InRange(bounds[1], Leak / 2, Leak);
        Assert.InRange(bounds[2], 0, Leak / 20);
        Assert.InRange(bounds[3], 0, Leak / 20);
    }

    [Fact]
    public void Growth_without_requests_counts_for_no_route()
    {
        var regression = new GrowthRegression(3);
        for (var i = 0; i < 5_000; i++) Observe(regression, [5, Requests(), Requests()], row => 100 * Leak * row[0]);

        var bounds = regression.LowerBounds(3);

        Assert.InRange(bounds[0], 90 * Leak, 100 * Leak);
        Assert.Equal((0, 0), (bounds[1], bounds[2]));
    }

    [Fact]
    public void Routes_that_are_always_requested_together_have_no_bound()
    {
        var regression = new GrowthRegression(4);
        for (var i = 0; i < 5_000; i++)
        {
            double both = Requests();
            Observe(regression, [5, both, both, Requests()], row => 100 * Leak * row[1]);
        }

        var bounds = regression.LowerBounds(3);

        Assert.Equal((0, 0), (bounds[1], bounds[2]));
        Assert.InRange(bounds[3], 0, Leak / 20);
    }

    [Fact]
    public void A_leak_that_was_fixed_is_forgotten()
    {
        var regression = new GrowthRegression(2);
        for (var i = 0; i < 1_000; i++) Observe(regression, [5, Requests()], row => 100 * Leak * row[1]);
        Assert.InRange(regression.LowerBounds(3)[1], 50 * Leak, 100 * Leak);

        regression.Fade(1e-9);
        for (var i = 0; i < 1_000; i++) Observe(regression, [5, Requests()], _ => 0);

        Assert.InRange(regression.LowerBounds(3)[1], 0, Leak / 20);
    }

    [Fact]
    public void Few_observations_and_unused_columns_have_no_bound()
    {
        var regression = new GrowthRegression(3);
        for (var i = 0; i < 9; i++) Observe(regression, [5, Requests(), 0], row => 100 * Leak * row[1]);
        Assert.Empty(regression.LowerBounds(3));

        Observe(regression, [5, Requests(), 0], row => 100 * Leak * row[1]);
        Assert.Equal([0, 1], regression.LowerBounds(3).Keys.Order());
    }

    private int Requests() => _chance.Next(40);

    /// <summary>Adds noise of a MiB, as of memory that is freed and reused.</summary>
    private void Observe(GrowthRegression regression, double[] row, Func<double[], double> growth) =>
        regression.Add(row, growth(row) + ((_chance.NextDouble() - .5) * (1 << 20)));
}

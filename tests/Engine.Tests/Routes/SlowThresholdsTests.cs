using GunicornPrometheusExporter.Routes;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Routes;

public sealed class SlowThresholdsTests
{
    [Theory]
    [InlineData(30, 3)]
    [InlineData(300, 30)]
    [InlineData(5, 1)]
    [InlineData(0, 3)]
    [InlineData(double.NaN, 3)]
    [InlineData(-1, 3)]
    public void The_default_is_a_tenth_of_the_timeout_and_at_least_a_second(double timeout, double seconds)
    {
        Assert.Equal(seconds, SlowThresholds.Default.Of("/", timeout));
        Assert.Equal(seconds, SlowThresholds.Default.Lowest(timeout));
    }

    [Theory]
    [InlineData("5", "/", 5)]
    [InlineData(" 0.25 ", "/", 0.25)]
    [InlineData("0", "/", double.PositiveInfinity)]
    [InlineData("5,/reports/*=60", "/reports/{id}", 60)]
    [InlineData("/reports/*=60,5", "/shop", 5)]
    [InlineData("/reports/*=60", "/shop", 3)]
    [InlineData("/reports/*=0", "/reports/{id}", double.PositiveInfinity)]
    [InlineData("*=7, /a = 2", "/a", 2)]
    [InlineData("*=7, /a = 2", "/b", 7)]
    [InlineData("/a=1,/*=2", "/a", 1)]
    [InlineData("/a=b=4", "/a=b", 4)]
    public void The_first_pattern_that_matches_a_route_has_its_threshold(string text, string route, double seconds) =>
        Assert.Equal(seconds, SlowThresholds.TryParse(text)!.Of(route, 30));

    [Theory]
    [InlineData("0,/reports/*=60", 60)]
    [InlineData("5,/reports/*=60,/a=0.5", 0.5)]
    [InlineData("0", double.PositiveInfinity)]
    public void The_lowest_threshold_is_that_of_any_route(string text, double seconds) =>
        Assert.Equal(seconds, SlowThresholds.TryParse(text)!.Lowest(30));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("1e3")]
    [InlineData("86401")]
    [InlineData("three")]
    [InlineData("5,6")]
    [InlineData("*=5,6")]
    [InlineData("/a=")]
    [InlineData("=5")]
    [InlineData("5,")]
    public void Anything_else_is_invalid(string text) => Assert.Null(SlowThresholds.TryParse(text));
}

using GunicornPrometheusExporter.Exporter.Top;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Top;

public sealed class FigureHistoryTests
{
    [Theory]
    [InlineData("0 1 2 3 4 5 6 7", 8, "▁▂▃▄▅▆▇█")]
    [InlineData("0 0 0", 8, "▁▁▁")]
    [InlineData("500 - 1000", 8, "▅ █")]
    [InlineData("900 1 2 4", 3, "▃▅█")]
    [InlineData("-", 8, " ")]
    public void A_spark_line_has_the_last_values_in_proportion_to_the_largest(string values, int width, string line)
    {
        var history = new FigureHistory();
        foreach (var value in values.Split(' ')) history.Add("p95", value == "-" ? null : double.Parse(value));

        Assert.Equal(line, history.SparkOf("p95", width));
    }

    [Fact]
    public void It_keeps_no_more_than_the_widest_line()
    {
        var history = new FigureHistory();
        for (var i = 0; i < 10_000; i++) history.Add("p95", i);

        Assert.Equal(120, history.SparkOf("p95", int.MaxValue).Length);
        Assert.Equal("", history.SparkOf("p99", 10));
    }
}

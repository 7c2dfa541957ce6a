using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Exporter.StatusPage;
using GunicornPrometheusExporter.Exporter.Trends;
using GunicornPrometheusExporter.Incidents;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.StatusPage;

public sealed class ChartTests
{
    private static readonly ChartAxis Axis = new(TrendRange.Recent, PageSamples.Time);

    [Fact]
    public void A_line_ends_at_the_right_and_breaks_where_points_are_missing()
    {
        var html = Draw((-60, 5, 0), (-55, 10, 0), (-5, 2.5f, 0), (0, float.NaN, 0));

        Assert.Contains("""<path class="line k0" d="M168 500h0L169 0M179 750h0"/>""", html, StringComparison.Ordinal);
        Assert.Contains("<span>10</span><span>5.0</span><span>0.0</span>", html, StringComparison.Ordinal);
        Assert.Contains("<span>11:45</span><span>11:52</span><span>12:00</span>", html, StringComparison.Ordinal);
        Assert.Contains(
            "aria-label=\"Requests/s, last 15 minutes: all lowest 2.5, highest 10, last 2.5\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Deaths_are_marks_and_in_the_text_alternative()
    {
        var html = Draw((-5, 1, 2), (0, 1, 0));
        Assert.Contains("""<path class="deaths" d="M179 0V1000"/>""", html, StringComparison.Ordinal);
        Assert.Contains("; 2 worker deaths\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Reloads_in_the_range_are_marks_of_their_own()
    {
        var now = PageSamples.Time.ToUnixTimeSeconds();
        Incident Reload(double time) => new(now + time, IncidentKinds.Reload);

        var html = PageSamples.HtmlOf(
            "", "", Reload(-901), Reload(-450), new(now - 300, IncidentKinds.Slow), new(double.NaN, IncidentKinds.Reload), Reload(1));

        Assert.Equal(7, Regex.Count(html, """<path class="reloads" d="M90 0V1000"/>"""));
        Assert.Contains("all unknown; 1 reload\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_points_a_chart_is_empty() =>
        Assert.Contains("all unknown", Draw(), StringComparison.Ordinal);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(.3, .4)]
    [InlineData(4, 4)]
    [InlineData(5.1, 10)]
    [InlineData(1234, 2000)]
    [InlineData(double.NaN, 1)]
    public void The_top_of_an_axis_is_round(double value, double top) => Assert.Equal(top, ChartAxis.RoundUp(value), 9);

    [Fact]
    public void The_heat_map_has_the_longest_latencies_above()
    {
        var html = new HtmlWriter();
        HeatMap.Write(html, [new(PageSamples.Time) { Bounds = [.1, 1, double.PositiveInfinity], Counts = [4, 0, 1] }], Axis);
        Assert.Contains("""<rect x="89" y="2" width="1" height="1" fill-opacity="1"/>""", html.ToString(), StringComparison.Ordinal);
        Assert.Contains("""<rect x="89" y="0" width="1" height="1" fill-opacity="0.36"/>""", html.ToString(), StringComparison.Ordinal);
    }

    private static string Draw(params (int Seconds, float Requests, int Deaths)[] points)
    {
        var html = new HtmlWriter();
        new Chart("Requests/s", ChartUnit.Rate, ("all", point => point.Requests)).Write(
            html,
            [
                .. points.Select(point => new TrendPoint(PageSamples.Time.AddSeconds(point.Seconds))
                {
                    Requests = point.Requests,
                    Deaths = point.Deaths,
                    Bounds = [],
                    Counts = [],
                }),
            ], Axis);
        return html.ToString();
    }
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Trends;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>A chart of one or more lines over time, drawn as SVG.</summary>
internal sealed record Chart(string Title, ChartUnit Unit, params ImmutableArray<(string Name, Func<TrendPoint, float> Value)> Lines)
{
    private const int LongestGap = 3; // In steps.

    internal void Write(HtmlWriter html, ImmutableArray<TrendPoint> points, ChartAxis axis)
    {
        var highest = points.SelectMany(point => Lines.Select(line => line.Value(point))).Where(float.IsFinite).DefaultIfEmpty().Max();
        var top = ChartAxis.RoundUp(Math.Max(highest / Unit.Scale, Unit.LeastTop)) * Unit.Scale;
        html.Write($"""<figure class="chart" data-top="{top}" data-unit="{Unit.Name}"><figcaption><b>{Title}</b>""");
        foreach (var (i, line) in Lines.Index())
        {
            var now = points.IsEmpty ? float.NaN : line.Value(points[^1]);
            html.Write($""" <span class="key k{i}">{line.Name} <span class="value">{Unit.Show(now)}</span></span>""");
        }
        html.Write($"""
            </figcaption>
            <svg viewBox="0 0 {axis.Range.Points} {ChartAxis.Height}" preserveAspectRatio="none" role="img"
                aria-label="{Describe(points, axis)}">
            <path class="grid" d="M0 0H{axis.Range.Points}M0 500H{axis.Range.Points}M0 1000H{axis.Range.Points}"/>
            <path class="reloads" d="{MarksOf(axis.Reloads, axis)}"/>
            <path class="deaths" d="{MarksOf(points.Where(point => point.Deaths > 0).Select(point => point.Time), axis)}"/>
            """);
        foreach (var (i, line) in Lines.Index()) html.Write($"""<path class="line k{i}" d="{PathOf(points, axis, line.Value, top)}"/>""");
        html.Write($"</svg>");
        axis.WriteLabels(html, Unit.Show(top), Unit.Show(top / 2), Unit.Show(0));
        html.Write($"</figure>");
    }

    private string Describe(ImmutableArray<TrendPoint> points, ChartAxis axis)
    {
        var deaths = points.Sum(point => point.Deaths);
        return $"{Title}, last {axis.Range.Title}: " + string.Join("; ", Lines.Select(line =>
        {
            var values = points.Select(line.Value).Where(float.IsFinite).ToArray();
            return values.Length == 0 ? $"{line.Name} unknown"
                : $"{line.Name} lowest {Unit.Show(values.Min())}, highest {Unit.Show(values.Max())}, last {Unit.Show(values[^1])}";
        })) + Marks(deaths, "worker death") + Marks(axis.Reloads.Length, "reload");

        static string Marks(int count, string name) => count > 0 ? $"; {count} {name}{(count == 1 ? "" : "s")}" : "";
    }

    private static string MarksOf(IEnumerable<DateTimeOffset> times, ChartAxis axis) =>
        string.Concat(times.Select(time => $"M{axis.PlaceOf(time)} 0V{ChartAxis.Height}"));

    /// <summary>The line as a path: broken where a value is unknown or points are missing; a lone point is a dot.</summary>
    private static string PathOf(ImmutableArray<TrendPoint> points, ChartAxis axis, Func<TrendPoint, float> valueOf, double top)
    {
        var path = new StringBuilder();
        var last = int.MinValue;
        foreach (var point in points)
        {
            var (x, value) = (axis.PlaceOf(point.Time), valueOf(point));
            if (x < 0 || x > axis.Range.Points || !float.IsFinite(value)) continue;
            var y = ChartAxis.Height - (int)Math.Round(value / top * ChartAxis.Height);
            path.Append(CultureInfo.InvariantCulture, $"{(x - (long)last > LongestGap ? "M" : "L")}{x} {y}");
            if (x - (long)last > LongestGap) path.Append("h0");
            last = x;
        }
        return path.ToString();
    }
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Draws latency over time: a row per bucket, the longest latencies above, darker for more requests.</summary>
internal static class HeatMap
{
    private const int Columns = 90;
    private const double Faintest = .15;

    internal static void Write(HtmlWriter html, ImmutableArray<TrendPoint> points, ChartAxis axis)
    {
        ImmutableArray<double> bounds = points.IsEmpty ? [] : points[^1].Bounds;
        var counts = CountsOf(points, axis, bounds);
        var most = counts.Values.DefaultIfEmpty().Max();
        html.Write($"""
            <figure class="heat"><figcaption><b>Latency by bucket</b> <span class="soft">darker: more requests</span></figcaption>
            <svg viewBox="0 0 {Columns} {Math.Max(1, bounds.Length)}" preserveAspectRatio="none" role="img"
                aria-label="Requests by latency, last {axis.Range.Title}">
            """);
        foreach (var ((column, row), count) in counts)
        {
            var strength = Math.Round(Faintest + ((1 - Faintest) * count / most), 2);
            html.Write($"""<rect x="{column}" y="{bounds.Length - 1 - row}" width="1" height="1" fill-opacity="{strength}"/>""");
        }
        html.Write($"</svg>");
        if (bounds.Length > 1) axis.WriteLabels(html, $"> {Show.Seconds(bounds[^2])}", Show.Seconds(bounds[(bounds.Length - 1) / 2]), "0");
        html.Write($"</figure>");
    }

    /// <summary>The requests of each column and bucket that has some. A point with earlier buckets has no place in the rows.</summary>
    private static Dictionary<(int Column, int Row), float> CountsOf(
        ImmutableArray<TrendPoint> points, ChartAxis axis, ImmutableArray<double> bounds)
    {
        var counts = new Dictionary<(int, int), float>();
        foreach (var point in points.Where(point => point.Bounds == bounds))
        {
            // The place of a point is its end.
            var column = (axis.PlaceOf(point.Time) - 1) * Columns / axis.Range.Points;
            if (column is < 0 or >= Columns) continue;
            foreach (var (row, count) in point.Counts.Index())
            {
                if (count > 0) counts[(column, row)] = counts.GetValueOrDefault((column, row)) + count;
            }
        }
        return counts;
    }
}

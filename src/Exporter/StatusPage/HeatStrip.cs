using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>Draws latency over time: a column per read, a row per bucket, darker for more requests.</summary>
internal static class HeatStrip
{
    private const int Columns = 60;
    private const double Faintest = .15;

    internal static void Write(HtmlWriter html, ImmutableArray<Moment> history)
    {
        var columns = history.TakeLast(Columns).Select(moment => moment.Traffic.Buckets.Counts.ToArray()).ToArray();
        var rows = columns.Length == 0 ? 0 : columns.Max(column => column.Length);
        var most = columns.SelectMany(column => column).Select(bucket => bucket.Count).DefaultIfEmpty().Max();
        html.Write($"""
            <svg viewBox="0 0 {Columns} {Math.Max(1, rows)}" preserveAspectRatio="none"
                role="img" aria-label="Latency over the last minute">
            """);
        for (var x = 0; x < columns.Length; x++)
        {
            for (var row = 0; row < columns[x].Length; row++)
            {
                var count = columns[x][row].Count;
                if (count <= 0) continue;
                var strength = Faintest + ((1 - Faintest) * count / most);
                html.Write($"""
                    <rect x="{Columns - columns.Length + x}" y="{rows - 1 - row}" width="1" height="1"
                        fill-opacity="{Math.Round(strength, 2)}"/>
                    """);
            }
        }
        html.Write($"</svg>");
    }
}

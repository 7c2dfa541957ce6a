using System.Globalization;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Bench.Fleet;

/// <summary>What hosts of one application show: requests and latencies by route, and a few gauges with pids of their own.</summary>
internal static class SampleFleet
{
    private const int Workers = 8;

    /// <summary>The layouts of hosts, which share what is the same.</summary>
    internal static SnapshotLayout[] LayoutsOf(int hosts, int series)
    {
        var shared = LayoutOf(host: 0, series).Families;
        return [.. Enumerable.Range(0, hosts).Select(host => new SnapshotLayout([WorkersOf(host), .. shared[1..]]))];
    }

    private static SnapshotFamily WorkersOf(int host) => Family(MetricCatalogue.WorkerInfo, Enumerable.Range(1, Workers).Select(
        worker => Sample(
            MetricCatalogue.WorkerInfo.Name,
            ("gunicorn", "23.0.0"), ("pid", $"{(host * 16) + worker}"), ("python", "3.11.2"), ("worker_class", "sync"),
            ("worker_id", $"worker_{worker}"))));

    private static SnapshotLayout LayoutOf(int host, int series)
    {
        var bounds = MetricCatalogue.LatencyBuckets.Select(SampleNumber.ToText).Append("+Inf").ToArray();
        var ofRoute = bounds.Length + 3;
        var routes = (series - (2 * Workers)) / ofRoute;
        var rest = series - (2 * Workers) - (routes * ofRoute);
        return new(
        [
            WorkersOf(host),
            Family(MetricCatalogue.WorkerMemory, Enumerable.Range(1, Workers).Select(worker => Sample(
                MetricCatalogue.WorkerMemory.Name, ("worker_id", $"worker_{worker}")))),
            Family(MetricCatalogue.HttpRequests, Enumerable.Range(0, routes).Select(route => Sample(
                MetricCatalogue.HttpRequests.Name, ("endpoint", Endpoint(route)), ("method", "GET"), ("status_code", "200")))),
            Family(MetricCatalogue.HttpRequestDuration, Enumerable.Range(0, routes).SelectMany(route => Histogram(bounds, Endpoint(route)))),
            new("shop_orders_total", MetricType.Counter, GaugeMode.All, "Orders by kind",
                [.. Enumerable.Range(0, rest).Select(kind => Sample("shop_orders_total", ("kind", $"{kind}")))]),
        ]);
    }

    /// <summary>The values of one host after some rounds: each round adds to every one.</summary>
    internal static double[] ValuesOf(SnapshotLayout layout, int host, int round)
    {
        var values = new double[layout.SampleCount];
        var amounts = new Random(host);
        var (index, below) = (0, 0.0);
        foreach (var sample in layout.Families.SelectMany(family => family.Samples))
        {
            var amount = 1 + amounts.Next(10_000);
            if (sample.Name.EndsWith("_bucket", StringComparison.Ordinal)) values[index] = below += amount * round;
            else if (sample.Name.EndsWith("_sum", StringComparison.Ordinal)) values[index] = amount * round * 0.1234567;
            else (values[index], below) = (sample.Name.EndsWith("_count", StringComparison.Ordinal) ? below : amount * round, 0);
            index++;
        }
        return values;
    }

    private static IEnumerable<SnapshotSample> Histogram(string[] bounds, string endpoint)
    {
        var name = MetricCatalogue.HttpRequestDuration.Name;
        foreach (var bound in bounds) yield return Sample($"{name}_bucket", ("endpoint", endpoint), ("le", bound), ("method", "GET"));
        yield return Sample($"{name}_sum", ("endpoint", endpoint), ("method", "GET"));
        yield return Sample($"{name}_count", ("endpoint", endpoint), ("method", "GET"));
    }

    private static SnapshotFamily Family(MetricFamily family, IEnumerable<SnapshotSample> samples) =>
        new(family.Name, family.Type, family.HostMode, family.Help, [.. samples]);

    private static SnapshotSample Sample(string name, params (string Name, string Value)[] labels) =>
        new(name, [.. labels.Select(label => new Label(label.Name, label.Value))]);

    private static string Endpoint(int route) => string.Create(CultureInfo.InvariantCulture, $"/api/v1/resource{route}/<id>");
}

using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>Snapshots to forward.</summary>
internal static class Snapshots
{
    /// <summary>A layout with one family of each type.</summary>
    internal static SnapshotLayout Layout { get; } = new(
    [
        new("app_requests_total", MetricType.Counter, GaugeMode.All, "Requests \\ by\nroute",
            [Sample("app_requests_total", ("method", "GET"), ("route", "/é\"\n")), Sample("app_requests_total", ("method", "POST"), ("route", "/"))]),
        new("app_temperature", MetricType.Gauge, GaugeMode.MostRecent, "", [Sample("app_temperature")]),
        new("app_seconds", MetricType.Histogram, GaugeMode.All, "Latency",
            [
                Sample("app_seconds_bucket", ("le", "0.5")), Sample("app_seconds_bucket", ("le", "+Inf")),
                Sample("app_seconds_sum"), Sample("app_seconds_count"),
            ]),
    ]);

    internal static SnapshotSample Sample(string name, params (string Name, string Value)[] labels) =>
        new(name, [.. labels.Select(label => new Label(label.Name, label.Value))]);

    /// <summary>A snapshot of one counter for each of some labels.</summary>
    internal static MetricSnapshot Of(SnapshotLayout layout, params double[] values) =>
        new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), layout, values);

    internal static SnapshotLayout Counters(int number, string name = "app_total") => new(
        [new(name, MetricType.Counter, GaugeMode.All, "Counted", [.. Enumerable.Range(0, number).Select(i => Sample(name, ("i", $"{i}")))])]);

    /// <summary>A layout as text, for comparison: arrays of records are not equal by content.</summary>
    internal static string Text(SnapshotLayout layout) => string.Join('\n', layout.Families.Select(family =>
        $"{family.Name} {family.Type} {family.Mode} {family.Help} " + string.Join(' ', family.Samples.Select(sample =>
            $"{sample.Name}{{{string.Join(',', sample.Labels.Select(label => $"{label.Name}={label.Value}"))}}}"))));
}

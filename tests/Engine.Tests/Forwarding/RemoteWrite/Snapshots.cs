using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>Layouts and snapshots made by hand.</summary>
internal static class Snapshots
{
    /// <summary>A layout with one gauge without labels for each name.</summary>
    internal static SnapshotLayout LayoutOf(params string[] names) =>
        new([.. names.Select(name => FamilyOf(name, MetricType.Gauge, new SnapshotSample(name, [])))]);

    internal static SnapshotFamily FamilyOf(string name, MetricType type, params SnapshotSample[] samples) =>
        new(name, type, GaugeMode.All, $"Help of {name}", [.. samples]);

    internal static SnapshotSample SampleOf(string name, params (string Name, string Value)[] labels) =>
        new(name, [.. labels.Select(label => new Label(label.Name, label.Value))]);

    internal static MetricSnapshot At(this SnapshotLayout layout, TimeProvider clock, params double[] values) =>
        new(clock.GetUtcNow(), layout, values);
}

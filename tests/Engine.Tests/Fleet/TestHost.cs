using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Engine.Tests.Fleet;

/// <summary>Snapshots of hosts, as a test words them.</summary>
internal static class TestHost
{
    internal static DateTimeOffset Start { get; } = DateTimeOffset.UnixEpoch.AddDays(20_000);

    /// <summary>A host that lives for a minute from <see cref="Start"/>.</summary>
    internal static HostSnapshot Of(string instance, params (SnapshotFamily Family, double[] Values)[] families) =>
        new(instance, Start, Start.AddMinutes(1), new(
            Start, new([.. families.Select(family => family.Family)]), families.SelectMany(family => family.Values).ToArray()));

    internal static SnapshotFamily Counter(string name, params (string Name, string Value)[] labels) =>
        Single(name, MetricType.Counter, GaugeMode.All, labels);

    internal static SnapshotFamily Gauge(string name, GaugeMode mode, params (string Name, string Value)[] labels) =>
        Single(name, MetricType.Gauge, mode, labels);

    internal static SnapshotFamily Histogram(string name, params string[] bounds) => new(
        name, MetricType.Histogram, GaugeMode.All, "help",
        [
            .. bounds.Select(bound => new SnapshotSample($"{name}_bucket", Labels([("le", bound)]))),
            new($"{name}_sum", []), new($"{name}_count", []),
        ]);

    private static SnapshotFamily Single(string name, MetricType type, GaugeMode mode, (string Name, string Value)[] labels) =>
        new(name, type, mode, "help", [new(name, Labels(labels))]);

    private static ImmutableArray<Label> Labels((string Name, string Value)[] labels) =>
        [.. labels.Select(label => new Label(label.Name, label.Value))];
}

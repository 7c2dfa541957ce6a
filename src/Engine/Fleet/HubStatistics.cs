using System.Collections.Immutable;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Fleet;

/// <summary>The hub's metrics about itself, as the snapshot of a host without a name.</summary>
internal sealed class HubStatistics
{
    private static readonly SkipKind[] Kinds = Enum.GetValues<SkipKind>();

    private string[] _instances = [];
    private SnapshotLayout _layout = LayOut([]);

    /// <summary>The values for one read; if it failed, <paramref name="reading"/> is the previous one.</summary>
    public HostSnapshot Take(
        FleetReading reading, HubLease? lease, DateTimeOffset now, HubJournal journal, TimeSpan duration, ReloadStatus? reload)
    {
        var live = reading.Hosts.Where(host => host.IsLive(now)).ToArray();
        if (!live.Select(host => host.Instance).SequenceEqual(_instances))
        {
            _instances = [.. live.Select(host => host.Instance)];
            _layout = LayOut(_instances);
        }
        // In the order of the layout.
        double[] values =
        [
            1, live.Length, lease?.Share.Hubs ?? 1, .. live.Select(host => (now - host.Written).TotalSeconds),
            .. Kinds.Select(kind => (double)reading.Skipped.Count(entry => entry.Kind == kind)),
            journal.IsLost ? 0 : 1, journal.Errors, duration.TotalSeconds,
            reload?.IsSuccessful switch { null => MetricSnapshot.Absent, true => 1, false => 0 },
            reload is null ? MetricSnapshot.Absent : (reload.LastSuccess - DateTimeOffset.UnixEpoch).TotalSeconds,
        ];
        return new("", now, DateTimeOffset.MaxValue, new(now, _layout, values));
    }

    private static SnapshotLayout LayOut(string[] instances) => new(
    [
        Family(MetricCatalogue.BuildInfo, [ScrapeSamples.BuildLabels]),
        Family(MetricCatalogue.HubHosts, [[]]),
        Family(MetricCatalogue.HubMembers, [[]]),
        Family(MetricCatalogue.HubHostAge, instances.Select(instance => Labelled(FleetLabel.Instance, instance))),
        Family(MetricCatalogue.HubSkippedEntries, Kinds.Select(kind => Labelled("reason", WordOf(kind)))),
        Family(MetricCatalogue.HubSourceUp, [[]]),
        Family(MetricCatalogue.HubSourceErrors, [[]]),
        Family(MetricCatalogue.HubReadDuration, [[]]),
        Family(MetricCatalogue.ConfigReloadSuccessful, [[]]),
        Family(MetricCatalogue.ConfigReloadTime, [[]]),
    ]);

    private static SnapshotFamily Family(MetricFamily family, IEnumerable<ImmutableArray<Label>> labelSets) =>
        new(family.Name, family.Type, GaugeMode.All, family.Help, [.. labelSets.Select(labels => new SnapshotSample(family.Name, labels))]);

    private static ImmutableArray<Label> Labelled(string name, string value) => [new(name, value)];

    private static string WordOf(SkipKind kind) => kind == SkipKind.Foreign ? "foreign" : "unreadable";
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exposition;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>Sums the samples of the store. Not thread-safe.</summary>
internal sealed class TrendSums
{
    private const string Listener = "listener";
    private const string Outcome = "outcome";
    private const string Drop = "dropped";

    private ImmutableArray<double> _bounds = [];

    internal TrendTotals Of(FamilyTable families, DateTimeOffset time)
    {
        var buckets = new SortedDictionary<double, double>();
        families.VisitBuckets(MetricCatalogue.HttpRequestDuration, (bound, count) =>
            buckets[bound] = buckets.GetValueOrDefault(bound) + count);
        // Points share the bounds of earlier ones.
        if (!buckets.Keys.SequenceEqual(_bounds)) _bounds = [.. buckets.Keys];
        return new(time)
        {
            Requests = Sum(families, MetricCatalogue.HttpRequests) ?? 0,
            ClientErrors = Sum(families, MetricCatalogue.HttpRequests, set => HasStatus(set, "status_code=\"4"u8)) ?? 0,
            ServerErrors = Sum(families, MetricCatalogue.HttpRequests, set => HasStatus(set, "status_code=\"5"u8)) ?? 0,
            Lost = Sum(families, MetricCatalogue.WorkerRequestsLost) ?? 0,
            Slow = Sum(families, MetricCatalogue.SlowRequests) ?? 0,
            Deaths = Sum(families, MetricCatalogue.WorkerExits, IsUnexpected) ?? 0,
            Refused = Sum(families, MetricCatalogue.HostListenOverflows) ?? 0,
            Dropped = Sum(families, MetricCatalogue.ForwarderSnapshots, IsDropped) ?? 0,
            Saturation = Sum(families, MetricCatalogue.Saturation),
            Backlog = Sum(families, MetricCatalogue.ListenerBacklog),
            Fullest = Fullest(family => QueuesOf(families, family)),
            InFlight = Sum(families, MetricCatalogue.WorkerRequestsInFlight),
            Memory = Sum(families, MetricCatalogue.WorkerProportionalMemory) ?? Sum(families, MetricCatalogue.WorkerMemory),
            Bounds = _bounds,
            Counts = [.. buckets.Values],
        };
    }

    /// <summary>The same sums of the samples that a host forwarded.</summary>
    internal static TrendTotals Of(Samples samples)
    {
        var latencies = new Latencies();
        foreach (var bucket in samples.BucketsOf(MetricCatalogue.HttpRequestDuration))
        {
            latencies.Add(StatusReading.BoundOf(bucket), bucket.Value);
        }
        var requests = samples.Of(MetricCatalogue.HttpRequests).ToArray();
        return new(samples.Time)
        {
            Requests = requests.Sum(sample => sample.Value),
            ClientErrors = requests.Where(sample => sample[MetricCatalogue.StatusCode].StartsWith('4')).Sum(sample => sample.Value),
            ServerErrors = requests.Where(sample => sample[MetricCatalogue.StatusCode].StartsWith('5')).Sum(sample => sample.Value),
            Lost = samples.Sum(MetricCatalogue.WorkerRequestsLost) ?? 0,
            Slow = samples.Sum(MetricCatalogue.SlowRequests) ?? 0,
            Deaths = samples.Of(MetricCatalogue.WorkerExits).Where(exits => !WorkerExitReasons.IsOrderly(exits["reason"]))
                .Sum(exits => exits.Value),
            Refused = samples.Sum(MetricCatalogue.HostListenOverflows) ?? 0,
            Dropped = samples.Of(MetricCatalogue.ForwarderSnapshots).Where(snapshots => snapshots[Outcome] == Drop)
                .Sum(snapshots => snapshots.Value),
            Saturation = samples.Sum(MetricCatalogue.Saturation),
            Backlog = samples.Sum(MetricCatalogue.ListenerBacklog),
            Fullest = Fullest(family => samples.Of(family).Select(queue => (queue[Listener], queue.Value))),
            InFlight = samples.Sum(MetricCatalogue.WorkerRequestsInFlight),
            Memory = samples.Sum(MetricCatalogue.WorkerProportionalMemory) ?? samples.Sum(MetricCatalogue.WorkerMemory),
            Bounds = [.. latencies.Counts.Select(bucket => bucket.Bound)],
            Counts = [.. latencies.Counts.Select(bucket => bucket.Count)],
        };
    }

    /// <summary>The value of a label of a sample; empty without it.</summary>
    internal static string LabelOf(LabelSet set, string name) =>
        SnapshotTaker.LabelsOf(set).FirstOrDefault(label => label.Name == name).Value ?? "";

    private static double? Sum(FamilyTable families, MetricFamily family, Func<LabelSet, bool>? isWanted = null)
    {
        double? sum = null;
        families.Visit(family, (_, set, value) =>
        {
            if (isWanted is null || isWanted(set)) sum = (sum ?? 0) + value;
        });
        return sum;
    }

    // A quote in the value of another label is escaped, so it cannot look like this label.
    private static bool HasStatus(LabelSet set, ReadOnlySpan<byte> begin) => set.Text.IndexOf(begin) >= 0;

    private static double? Fullest(Func<MetricFamily, IEnumerable<(string Name, double Value)>> queuesOf) =>
        queuesOf(MetricCatalogue.ListenerBacklogPeak).Join(
            queuesOf(MetricCatalogue.ListenerBacklogLimit), peak => peak.Name, limit => limit.Name,
            (peak, limit) => (double?)(peak.Value / limit.Value)).Max();

    private static List<(string Name, double Value)> QueuesOf(FamilyTable families, MetricFamily family)
    {
        var queues = new List<(string, double)>();
        families.Visit(family, (_, set, value) => queues.Add((LabelOf(set, Listener), value)));
        return queues;
    }

    private static bool IsDropped(LabelSet snapshots) => LabelOf(snapshots, Outcome) == Drop;

    private static bool IsUnexpected(LabelSet exits) => !WorkerExitReasons.IsOrderly(LabelOf(exits, "reason"));
}

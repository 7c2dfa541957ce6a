using System.Collections.Immutable;
using GunicornPrometheusExporter.Deaths;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Computes the content of the status page from two reads; the first read has none before it.</summary>
internal sealed class StatusReading(Samples now, Samples? before)
{
    private double Seconds => before is null ? 0 : (now.Time - before.Time).TotalSeconds;

    internal Status ToStatus(IReadOnlyCollection<OldestRequest> oldest) => new()
    {
        Now = now,
        Traffic = Traffic(),
        Window = TimeSpan.FromSeconds(Seconds),
        Workers = Workers(oldest),
        InFlightPeak = now.Of(MetricCatalogue.RequestsInFlightPeak).ToArray() is [var peak] ? peak.Value : null,
        Routes = Routes(),
        Listeners = Listeners(),
        Exits = Exits(),
    };

    /// <summary>All traffic between the reads; null without an earlier one.</summary>
    internal Traffic? Traffic() => before is null
        ? null
        : TrafficOf(
            now.Of(MetricCatalogue.HttpRequests), now.BucketsOf(MetricCatalogue.HttpRequestDuration),
            now.NativesOf(MetricCatalogue.HttpRequestDuration));

    /// <summary>The ages of the oldest requests, if their routes are unknown.</summary>
    internal IReadOnlyCollection<OldestRequest> AgesOfOldest() =>
    [
        .. now.Of(MetricCatalogue.WorkerOldestRequest).Where(sample => sample.Value > 0)
            .Select(sample => new OldestRequest(IdOf(sample), "", "", sample.Value)),
    ];

    private ImmutableArray<RouteStatus> Routes()
    {
        if (before is null) return [];
        var buckets = now.BucketsOf(MetricCatalogue.HttpRequestDuration).ToLookup(RouteOf);
        var natives = now.NativesOf(MetricCatalogue.HttpRequestDuration).ToLookup(RouteOf);
        var times = now.SumsOf(MetricCatalogue.HttpRequestDuration).ToLookup(RouteOf, sample => before.GrowthOf(sample) / Seconds);
        return
        [
            .. now.Of(MetricCatalogue.HttpRequests).GroupBy(RouteOf)
                .Select(route => new RouteStatus(
                    route.Key.Method, route.Key.Endpoint, TrafficOf(route, buckets[route.Key], natives[route.Key]))
                {
                    Time = times[route.Key].Sum(),
                    Statuses = StatusesOf(route),
                })
                .OrderByDescending(route => route.Traffic.Requests),
        ];
    }

    private ImmutableArray<StatusCount> StatusesOf(IEnumerable<Sample> requests) =>
    [
        .. requests.GroupBy(sample => sample[MetricCatalogue.StatusCode]).OrderBy(status => status.Key, StringComparer.Ordinal)
            .Select(status => new StatusCount(
                status.Key, status.Sum(before!.GrowthOf) / Seconds, status.Sum(sample => sample.Value))),
    ];

    private Traffic TrafficOf(IEnumerable<Sample> requests, IEnumerable<Sample> buckets, IEnumerable<Sample> natives)
    {
        double all = 0, client = 0, server = 0;
        foreach (var sample in requests)
        {
            var growth = before!.GrowthOf(sample);
            all += growth;
            if (sample["status_code"].StartsWith('4')) client += growth;
            if (sample["status_code"].StartsWith('5')) server += growth;
        }
        var served = LatenciesOf(buckets);
        return new(all / Seconds, client / Seconds, server / Seconds, HaveAll(natives, buckets) ? Finer(natives) : served, served);
    }

    /// <summary>Whether native histograms have every series of the served ones that grew, and had them at the read before.</summary>
    /// <remarks>A native histogram of a known series begins with that series' earlier requests.</remarks>
    private bool HaveAll(IEnumerable<Sample> natives, IEnumerable<Sample> buckets)
    {
        HashSet<string> sets = [.. natives.Select(SetOf)];
        sets.ExceptWith(LateSets);
        return sets.Count > 0 && buckets.All(bucket => sets.Contains(SetOf(bucket)) || before!.GrowthOf(bucket) == 0);
    }

    /// <summary>The series that had no native histogram at the read before.</summary>
    private HashSet<string> LateSets => field ??=
    [
        .. before!.BucketsOf(MetricCatalogue.HttpRequestDuration).Select(SetOf)
            .Except(before!.NativesOf(MetricCatalogue.HttpRequestDuration).Select(SetOf)),
    ];

    private Latencies Finer(IEnumerable<Sample> natives)
    {
        var finer = new Latencies();
        var total = 0.0;
        foreach (var bound in natives.GroupBy(BoundOf).OrderBy(bound => bound.Key))
        {
            finer.Add(bound.Key, total += bound.Sum(before!.GrowthOf));
        }
        return finer;
    }

    private Latencies LatenciesOf(IEnumerable<Sample> buckets)
    {
        var latencies = new Latencies();
        foreach (var bucket in buckets) latencies.Add(BoundOf(bucket), before!.GrowthOf(bucket));
        return latencies;
    }

    private ImmutableArray<WorkerStatus> Workers(IReadOnlyCollection<OldestRequest> oldest)
    {
        var pids = now.Of(MetricCatalogue.WorkerInfo).ToLookup(IdOf, sample => sample["pid"]);
        var requests = Growths(MetricCatalogue.WorkerRequests);
        var starts = Values(MetricCatalogue.WorkerStarts);
        var busy = Growths(MetricCatalogue.WorkerBusy);
        var loopBusy = Growths(MetricCatalogue.WorkerLoopBusy);
        var inFlight = Values(MetricCatalogue.WorkerRequestsInFlight);
        var capacity = Values(MetricCatalogue.WorkerCapacity);
        var lag = Values(MetricCatalogue.WorkerLoopLagMaximum);
        var proportional = Values(MetricCatalogue.WorkerProportionalMemory);
        var resident = Values(MetricCatalogue.WorkerMemory);
        var cpu = Values(MetricCatalogue.WorkerCpu);
        return
        [
            .. now.Of(MetricCatalogue.WorkerState).Where(sample => sample.Value == 1 && WorkerStates.All.Contains(sample["state"]))
                .Select(sample => (Id: IdOf(sample), State: sample["state"]))
                .OrderBy(worker => worker.Id.Length).ThenBy(worker => worker.Id, StringComparer.Ordinal)
                .Select(worker => new WorkerStatus
                {
                    Id = worker.Id,
                    State = worker.State,
                    Pid = pids[worker.Id].LastOrDefault(),
                    Utilisation = Find(loopBusy, worker.Id) ?? Find(busy, worker.Id) / Find(capacity, worker.Id),
                    Requests = Find(requests, worker.Id),
                    Average = Find(busy, worker.Id) / Find(requests, worker.Id),
                    InFlight = Find(inFlight, worker.Id),
                    Capacity = Find(capacity, worker.Id),
                    LoopLag = Find(lag, worker.Id),
                    Restarts = Find(starts, worker.Id) - 1,
                    Oldest = oldest.FirstOrDefault(request => request.WorkerId == worker.Id),
                    Memory = Find(proportional, worker.Id) ?? Find(resident, worker.Id),
                    Cpu = Find(cpu, worker.Id),
                }),
        ];
    }

    private ImmutableArray<ListenerStatus> Listeners()
    {
        var limits = ByListener(MetricCatalogue.ListenerBacklogLimit);
        var peaks = ByListener(MetricCatalogue.ListenerBacklogPeak);
        return
        [
            .. now.Of(MetricCatalogue.ListenerBacklog).Select(sample => new ListenerStatus(
                sample["listener"], sample.Value, limits[ListenerOf(sample)].FirstOrDefault(), peaks[ListenerOf(sample)].FirstOrDefault())),
        ];
    }

    private ImmutableArray<Exits> Exits() =>
    [
        .. now.Of(MetricCatalogue.WorkerExits).Select(sample => new Exits(sample["reason"], sample.Value, 0))
            .Concat(now.Of(MetricCatalogue.WorkerRequestsLost).Select(sample => new Exits(sample["reason"], 0, sample.Value)))
            .GroupBy(exits => exits.Reason)
            .Select(cause => new Exits(cause.Key, cause.Sum(exits => exits.Workers), cause.Sum(exits => exits.RequestsLost)))
            .Where(exits => exits.Workers > 0 || exits.RequestsLost > 0),
    ];

    private ILookup<(string Host, string Name), double?> ByListener(MetricFamily family) =>
        now.Of(family).ToLookup(ListenerOf, sample => (double?)sample.Value);

    private ILookup<string, double> Values(MetricFamily family) => now.Of(family).ToLookup(IdOf, sample => sample.Value);

    /// <summary>The increase of a worker's counter per second.</summary>
    private ILookup<string, double> Growths(MetricFamily family) =>
        (before is null ? [] : now.Of(family)).ToLookup(IdOf, sample => before!.GrowthOf(sample) / Seconds);

    private static double? Find(ILookup<string, double> values, string worker) => values.Contains(worker) ? values[worker].Sum() : null;

    /// <summary>The worker's name, with its host in the metrics of a hub.</summary>
    private static string IdOf(Sample sample) =>
        sample["instance"] is { Length: > 0 } host ? $"{host} {sample["worker_id"]}" : sample["worker_id"];

    private static (string Host, string Name) ListenerOf(Sample sample) => (sample["instance"], sample["listener"]);

    internal static double BoundOf(Sample bucket) =>
        HistogramBounds.BoundOf(bucket[MetricFamily.BucketLabel]) ?? double.PositiveInfinity;

    private static string SetOf(Sample sample) =>
        string.Join(',', sample.Key.Labels.Where(label => label.Name != MetricFamily.BucketLabel));

    private static (string Method, string Endpoint) RouteOf(Sample sample) => (sample["method"], sample["endpoint"]);
}

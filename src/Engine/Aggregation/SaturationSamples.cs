using System.Collections.Immutable;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds the share of each resource of the server that was in use in the last minute, and the highest share.</summary>
/// <remarks>
/// Observed once a second. A server has only the resources of its worker class: <c>docs/saturation.md</c>. Not thread-safe.
/// </remarks>
internal sealed class SaturationSamples(FlightWatch flights, ListenerSamples listeners) : ISampleSource
{
    /// <summary>In seconds.</summary>
    internal const double Window = 60;

    private const string Thread = "thread";

    // The values of the label resource.
    private static readonly ImmutableArray<(string Name, Func<Reading, Share> ShareOf)> Resources =
    [
        (Thread, reading => reading.Thread), ("loop", reading => reading.Loop), ("queue", reading => reading.Queue),
        ("backlog", reading => reading.Backlog),
    ];

    private readonly List<Reading> _readings = new((int)Window + 2);
    private Dictionary<string, (double Time, double Busy, bool HasLoop)> _workers = [];
    private double _lastLook = double.PositiveInfinity;

    public string Name => "saturation";

    public void Look(FamilyTable families)
    {
        var now = MonotonicClock.Seconds();
        Share thread = default, loop = default, queue = default, backlog = default;
        var workers = new Dictionary<string, (double, double, bool)>();
        foreach (ref readonly var worker in flights.Live)
        {
            if (worker.Kind != SlotKind.Worker) continue;
            var load = worker.Load;
            var hasLoop = load.LoopSeconds > 0;
            var busy = hasLoop ? load.LoopSeconds : load.BusySeconds;
            workers.Add(worker.Path, (worker.Now, busy, hasLoop));
            // The worker, or its loop, has just started.
            if (!_workers.TryGetValue(worker.Path, out var before) || before.HasLoop != hasLoop) continue;
            var seconds = worker.Now - before.Time;
            if (hasLoop)
            {
                loop += new Share(busy - before.Busy, seconds);
                queue += new Share(load.InFlight, load.Capacity) * seconds;
            }
            else
            {
                thread += new Share(busy - before.Busy, load.Capacity * seconds);
            }
        }
        var elapsed = Math.Max(0, now - _lastLook);
        queue += ConnectionsOfThreads(families) * elapsed;
        foreach (var accept in listeners.Queues) backlog += new Share(accept.Backlog, accept.Limit) * elapsed;
        (_workers, _lastLook) = (workers, now);
        Keep(new Reading(now, thread, loop, queue, backlog));
    }

    public void Add(FamilyTable families)
    {
        var highest = double.NegativeInfinity;
        foreach (var (resource, shareOf) in Resources)
        {
            var total = _readings.Aggregate(default(Share), (sum, reading) => sum + shareOf(reading));
            // No live worker has the resource. A worker with a loop was first observed without it.
            if (total.Whole <= 0 || (resource == Thread && _workers.Values.All(worker => worker.HasLoop))) continue;
            highest = Math.Max(highest, total.Part / total.Whole);
            families.Set(MetricCatalogue.ResourceSaturation, total.Part / total.Whole, new Label("resource", resource));
        }
        if (double.IsFinite(highest)) families.Set(MetricCatalogue.Saturation, highest);
    }

    /// <summary>Adds a reading of now to those of the window. However often somebody scrapes, there is one for each second.</summary>
    private void Keep(Reading reading)
    {
        if (_readings is [.., var last] && reading.Time - last.Time < 1) _readings[^1] = last + reading;
        else _readings.Add(reading);
        while (_readings[0].Time < reading.Time - Window) _readings.RemoveAt(0);
    }

    /// <summary>The connections of <c>gthread</c> workers and their limit, at the last scrape.</summary>
    private static Share ConnectionsOfThreads(FamilyTable families)
    {
        double connections = 0, limit = 0;
        families.Visit(MetricCatalogue.WorkerConnections, (_, _, value) => connections += value);
        families.Visit(MetricCatalogue.WorkerConnectionsLimit, (_, _, value) => limit += value);
        return new Share(connections, limit);
    }

    /// <summary>The part of a resource that was in use, and the whole resource, both integrated over time.</summary>
    private readonly record struct Share(double Part, double Whole)
    {
        public static Share operator +(Share one, Share other) => new(one.Part + other.Part, one.Whole + other.Whole);

        public static Share operator *(Share share, double seconds) => new(share.Part * seconds, share.Whole * seconds);
    }

    /// <summary>What was in use between two looks.</summary>
    /// <param name="Time">The time of the second look, in seconds of the monotonic clock; of the first reading in a sum.</param>
    private readonly record struct Reading(double Time, Share Thread, Share Loop, Share Queue, Share Backlog)
    {
        public static Reading operator +(Reading one, Reading other) => new(
            one.Time, one.Thread + other.Thread, one.Loop + other.Loop, one.Queue + other.Queue, one.Backlog + other.Backlog);
    }
}

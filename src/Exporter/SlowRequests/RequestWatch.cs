using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.SlowRequests;

/// <summary>
/// Reports slow requests and blocked event loops once a second, keeps the stacks for deaths, and collects the exceptions of workers.
/// </summary>
/// <remarks>Only the leader of the store does. Not thread-safe.</remarks>
/// <param name="readSlow">Reads the workers, and waits for the store while others use it.</param>
internal sealed class RequestWatch(
    string directory, Func<IReadOnlyList<SlowWorker>> readSlow, KeptStacks kept, IncidentLog incidents, Func<bool> isLeader, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // In seconds: a request has the same start according to two exporters.
    private const double SameTime = 1;
    private const int MostReasons = 20;

    private readonly StackTaker _taker = new(directory);
    private readonly BackgroundWork _slow = new("slow requests", log);
    private readonly BackgroundWork _exceptions = new("exceptions", log);
    private readonly Dictionary<string, WorkerWatch> _workers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reasons = new(StringComparer.Ordinal);
    private readonly LineBudget _lines = new();
    private readonly List<Incident> _found = [];
    private readonly double _start = MonotonicClock.Seconds();

    internal async Task RunAsync(CancellationToken end)
    {
        using var timer = new PeriodicTimer(Interval);
        using var ending = end.Register(timer.Dispose);
        while (await timer.WaitForNextTickAsync(CancellationToken.None))
        {
            if (!isLeader()) continue;
            _slow.Run(Look);
            _exceptions.Run(TakeExceptions);
        }
    }

    private string? Look()
    {
        var now = MonotonicClock.Seconds();
        var slow = readSlow().ToDictionary(worker => worker.Worker.Path, StringComparer.Ordinal);
        foreach (var path in slow.Keys) _ = _workers.TryAdd(path, new WorkerWatch(Take, Report, ReportBlocked));
        foreach (var (path, watch) in _workers)
        {
            watch.Look(slow.GetValueOrDefault(path), now);
            if (watch.IsIdle(now)) _workers.Remove(path);
        }
        incidents.Add(_found);
        _found.Clear();
        if (_lines.TakeDropped(now) is > 0 and var dropped) log.SlowRequestsNotLogged(dropped);
        return null;
    }

    private string? TakeExceptions()
    {
        if (Directory.Exists(directory)) ExceptionFile.Drain(directory, RealTime(), incidents.Add);
        return null;
    }

    private ThreadStack? Take(SlowWorker worker, int thread)
    {
        var stack = _taker.Take(worker.Worker.Kind, worker.Worker.Number, worker.Report, thread, out var reason);
        if (stack is not null) kept.Add(stack);
        else if (_reasons.Count < MostReasons && _reasons.Add(reason!)) log.StackNotTaken(worker.WorkerId, worker.Report.Pid, reason!);
        return stack;
    }

    private void Report(SlowWorker worker, SlowRequest slow, ThreadStack? stack)
    {
        var (request, labels, _) = slow;
        // Its age now, not when it was found: another exporter computes the same start.
        var incident = Of(worker, IncidentKinds.Slow, MonotonicClock.Seconds() - request.Started, stack) with
        {
            Method = labels.Method,
            Route = labels.Route,
            Status = request.Status > 0 ? request.Status : null,
            TraceId = request.TraceId.Length > 0 ? request.TraceId : null,
        };
        // An exporter that exited may have reported it.
        if (request.Started < _start && incidents.Read().Any(known => IsSame(known, incident))) return;
        _found.Add(incident);
        if (!_lines.TrySpend(MonotonicClock.Seconds())) return;
        log.SlowRequest(
            worker.WorkerId, worker.Report.Pid, labels.Method, labels.Route, incident.AgeSeconds!.Value, request.TraceId,
            StackLine.Of(incident.Stack));
    }

    private void ReportBlocked(SlowWorker worker, ThreadStack? stack)
    {
        var incident = Of(worker, IncidentKinds.Blocked, worker.Worker.Load.LoopLag, stack);
        _found.Add(incident);
        if (_lines.TrySpend(MonotonicClock.Seconds()))
        {
            log.LoopBlocked(worker.WorkerId, worker.Report.Pid, incident.AgeSeconds!.Value, StackLine.Of(incident.Stack));
        }
    }

    private static Incident Of(SlowWorker worker, string kind, double seconds, ThreadStack? stack) => new(RealTime(), kind)
    {
        WorkerId = worker.WorkerId,
        Pid = worker.Report.Pid,
        AgeSeconds = Math.Round(seconds, 3),
        MemoryBytes = Math.Round(worker.Report.Memory),
        Stack = stack?.Frames,
    };

    private static bool IsSame(Incident known, Incident incident) =>
        known.Kind == incident.Kind && known.Pid == incident.Pid && known.Route == incident.Route
        && Math.Abs(StartOf(known) - StartOf(incident)) < SameTime;

    private static double StartOf(Incident incident) => incident.Time - incident.AgeSeconds.GetValueOrDefault();

    private static double RealTime() => MonotonicClock.Seconds() + ClockSteps.RealAtMonotonicZero();
}

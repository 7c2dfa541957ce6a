using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Exporter.SlowRequests;

/// <summary>What is reported of one worker process, and how many stacks it gave. Not thread-safe.</summary>
/// <param name="take">Takes the stack of a thread of a worker; null if it cannot.</param>
/// <param name="report">Receives each slow request once, with the stack if there is one.</param>
/// <param name="reportBlocked">Receives each time that the event loop is blocked, in the same way.</param>
internal sealed class WorkerWatch(
    Func<SlowWorker, int, ThreadStack?> take, Action<SlowWorker, SlowRequest, ThreadStack?> report,
    Action<SlowWorker, ThreadStack?> reportBlocked)
{
    private readonly StackBudget _budget = new();
    private readonly HashSet<(double Started, int Thread, string Path)> _reported = [];

    // The requests whose thread did not answer once: on a busy machine, it may have had no processor.
    private readonly HashSet<(double Started, int Thread, string Path)> _unanswered = [];

    // The requests for which no stack could be taken yet.
    private readonly List<(SlowWorker Worker, SlowRequest Slow)> _waiting = [];
    private double _blockedSince;
    private double _expiring;

    /// <summary>Whether the worker has given no stack for a while, and has nothing slow.</summary>
    internal bool IsIdle(double now) => _reported.Count == 0 && _waiting.Count == 0 && _budget.IsUnused(now);

    /// <summary>Reports what is slow now, and takes at most one stack. Call it once a second.</summary>
    /// <param name="worker">The worker; null if nothing is slow in it, or it exited.</param>
    internal void Look(SlowWorker? worker, double now)
    {
        var requests = worker?.Requests ?? [];
        var slow = requests.Select(request => KeyOf(request.Request)).ToHashSet();
        _reported.IntersectWith(slow);
        _unanswered.IntersectWith(slow);
        foreach (var (before, request) in _waiting)
        {
            // It ended first.
            if (!slow.Contains(KeyOf(request.Request))) report(before, request, null);
        }
        _waiting.Clear();
        if (worker is null) return;

        var taken = default((int Thread, ThreadStack? Stack)?);
        if (worker.Expiring is { } oldest && oldest.Started != _expiring && worker.ThreadOf(oldest) is { } last)
        {
            _expiring = oldest.Started;
            taken = (last, Take(worker, last, now));
        }
        if (worker.IsBlocked && Math.Max(worker.Report.LoopSince, worker.Report.LoopDue) is var since && since != _blockedSince)
        {
            _blockedSince = since;
            taken ??= _budget.IsSpent(now) ? null : (worker.Report.Pid, Take(worker, worker.Report.Pid, now));
            reportBlocked(worker, taken?.Stack);
        }
        foreach (var request in requests.Where(request => !_reported.Contains(KeyOf(request.Request))))
        {
            var key = KeyOf(request.Request);
            var thread = worker.ThreadOf(request.Request);
            if (thread is { } wanted && taken?.Thread != wanted && !_budget.IsSpent(now))
            {
                if (taken is not null)
                {
                    _waiting.Add((worker, request));
                    continue;
                }
                taken = (wanted, Take(worker, wanted, now));
            }
            if (taken is { Stack: null } silent && silent.Thread == thread && _unanswered.Add(key))
            {
                _waiting.Add((worker, request));
                continue;
            }
            _reported.Add(key);
            report(worker, request, taken is { } stack && stack.Thread == thread ? stack.Stack : null);
        }
    }

    private ThreadStack? Take(SlowWorker worker, int thread, double now)
    {
        _budget.Spend(now);
        return take(worker, thread);
    }

    // No two requests of a worker begin in one thread at the same time.
    private static (double Started, int Thread, string Path) KeyOf(FlightRequest request) =>
        (request.Started, request.Thread, request.Path);
}

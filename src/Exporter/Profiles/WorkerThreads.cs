using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Stacks;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>The threads of one worker that run Python code, with their requests and stacks.</summary>
/// <param name="Pid">In the worker's PID namespace.</param>
/// <param name="Reason">Why no thread has a stack; null if one has.</param>
internal sealed record WorkerThreads(string WorkerId, int Pid, string? Reason, IReadOnlyList<ThreadReport> Threads)
{
    /// <summary>Takes the stacks of every thread of every worker, or of one worker.</summary>
    /// <exception cref="IOException">The store cannot be listed.</exception>
    internal static IReadOnlyList<WorkerThreads> Take(string directory, ExporterConfig config, string? workerId, CancellationToken end)
    {
        var taker = new StackTaker(directory);
        var choice = RequestChoice.Of(config);
        var workers = new List<WorkerThreads>();
        foreach (var flight in LiveFlight.In(directory, workerId))
        {
            // Dirty workers have no handler.
            if (flight.Kind != SlotKind.Worker && workerId is null && flight.Report.StackSignal == 0) continue;
            workers.Add(Take(taker, flight, request => new(request, config.Routes, choice), end));
        }
        return workers;
    }

    private static WorkerThreads Take(
        StackTaker taker, LiveFlight flight, Func<FlightRequest, RequestLabels> labelsOf, CancellationToken end)
    {
        var report = flight.Report;
        var requests = report.Requests.ToLookup(request => request.Thread, request => RequestReport.Of(request, labelsOf(request)));
        var threads = new List<ThreadReport>();
        string? why = null;
        // The main thread always runs Python code, so if it has no stack, its reason is that of the worker.
        foreach (var thread in StackTaker.ThreadsOf(report).Append(report.Pid).Union(requests.Select(request => request.Key)).Order())
        {
            end.ThrowIfCancellationRequested();
            var stack = taker.Take(flight.Kind, flight.Number, report, thread, out var reason);
            why ??= reason;
            // Threads of C libraries are of no interest here.
            if (stack is not null || requests.Contains(thread)) threads.Add(new(thread, [.. requests[thread]], stack?.Frames, reason));
        }
        return new(flight.WorkerId, report.Pid, threads.Exists(thread => thread.Stack is not null) ? null : why, threads);
    }
}

/// <summary>One thread.</summary>
/// <param name="Requests">Those that it began and that are in flight: more than one on the thread of an event loop.</param>
/// <param name="Stack">The innermost frame first; null if it cannot be taken.</param>
/// <param name="Reason">Why there is no stack.</param>
internal sealed record ThreadReport(
    int Thread, IReadOnlyList<RequestReport> Requests, IReadOnlyList<StackFrame>? Stack, string? Reason);

/// <summary>One request in flight.</summary>
/// <param name="Route">The framework's route, else the normalised path.</param>
internal sealed record RequestReport(string Method, string Route, double AgeSeconds, string? TraceId)
{
    internal static RequestReport Of(FlightRequest request, RequestLabels labels) => new(
        labels.Method, labels.Route, Math.Max(0, MonotonicClock.Seconds() - request.Started),
        request.TraceId is "" ? null : request.TraceId);
}

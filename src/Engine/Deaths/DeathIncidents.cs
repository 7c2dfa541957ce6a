using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Stacks;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Describes deaths as incidents: one for each lost request, otherwise one for the death.</summary>
internal sealed class DeathIncidents(FlightWatch flights, KeptStacks stacks, LongRequests seen)
{
    // In seconds, between the stack that a master takes and the exit.
    private const double LongestAbort = 5;

    /// <summary>The incident of a lost request, or of a lost task of a dirty worker.</summary>
    internal Incident OfLost(Death death, FlightRequest request)
    {
        var worker = death.Worker;
        var incident = WithRequest(Of(death.Cause, death.Exit, worker.Report!.Pid, death.Time), worker.Report, request, death.Time);
        return worker.Kind == SlotKind.Dirty
            ? incident with { WorkerId = worker.WorkerId, Method = null, Route = $"{request.Path}.{request.Route}", Status = null }
            : incident with { WorkerId = worker.WorkerId };
    }

    /// <summary>The incident of a worker that died unexpectedly without a request in flight; null if it exited orderly.</summary>
    internal Incident? OfIdle(Death death) => WorkerExitReasons.IsOrderly(death.Cause)
        ? null
        : WithSeen(Of(death.Cause, death.Exit, death.Worker.Report!.Pid, death.Time), death.Time) with
        {
            WorkerId = death.Worker.WorkerId,
            MemoryBytes = MemoryOf(death.Worker.Report),
        };

    /// <summary>The incident of an exit that left no flight file.</summary>
    internal Incident OfExit(ExitRecord exit) =>
        WithSeen(Of(ExitRecords.ReasonOf(exit), exit, exit.Pid, exit.Monotonic), exit.Monotonic);

    private static Incident Of(string cause, ExitRecord? exit, int pid, double time) => new(
        exit is { Time: > 0 } ? exit.Time : time + ClockSteps.RealAtMonotonicZero(),
        cause == WorkerExitReasons.Timeout ? IncidentKinds.Timeout : IncidentKinds.Death)
    {
        Cause = cause,
        Signal = SignalNames.Of(exit?.Signal),
        Pid = pid,
    };

    /// <summary>Adds the request that a worker had until its master aborted it, which it may have answered then.</summary>
    private Incident WithSeen(Incident incident, double time) =>
        incident.Kind == IncidentKinds.Timeout && seen.Of(incident.Pid!.Value) is { } last
            ? WithRequest(incident, last.Report, last.Request, time) with { WorkerId = last.WorkerId }
            : incident with { Stack = stacks.Find(incident.Pid!.Value, 0, time - LongestAbort)?.Frames };

    private Incident WithRequest(Incident incident, FlightReport report, FlightRequest request, double time)
    {
        var labels = flights.LabelsOf(request);
        return incident with
        {
            Method = labels.Method,
            Route = labels.Route,
            Status = request.Status > 0 ? request.Status : null,
            AgeSeconds = Math.Round(Math.Max(0, time - request.Started), 3),
            TraceId = request.TraceId.Length > 0 ? request.TraceId : null,
            MemoryBytes = MemoryOf(report),
            Stack = stacks.Find(report.Pid, request.Thread, request.Started)?.Frames,
        };
    }

    private static double? MemoryOf(FlightReport report) => report.Memory > 0 ? Math.Round(report.Memory) : null;
}

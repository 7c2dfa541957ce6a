using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Incidents;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Logs deaths, and adds them to the incidents of the store. Not thread-safe.</summary>
internal sealed class DeathReports(DeathIncidents describe, IncidentLog incidents, ILogger logger)
{
    /// <summary>Reports each lost request of a death, or, if there is none, the death unless it was orderly.</summary>
    internal void Add(Death death)
    {
        var reports = new List<Incident>();
        foreach (var request in death.Worker.Report!.Requests.Where(request => !request.IsOverdue))
        {
            reports.Add(describe.OfLost(death, request));
            LogLost(death, request, reports[^1]);
        }
        if (reports.Count == 0 && describe.OfIdle(death) is { } idle)
        {
            reports.Add(idle);
            LogDeath(idle);
        }
        incidents.Add(reports);
    }

    /// <summary>Reports an unexpected exit, unless the incidents have it.</summary>
    internal void Add(ExitRecord exit)
    {
        var incident = describe.OfExit(exit);
        if (incidents.TryAdd(incident)) LogDeath(incident);
    }

    private void LogLost(Death death, FlightRequest request, Incident incident)
    {
        var (worker, report, age) = (death.Worker, death.Worker.Report!, incident.AgeSeconds ?? 0);
        if (worker.Kind == SlotKind.Dirty)
        {
            DeathLog.TaskLost(
                logger, worker.WorkerId, report.Pid, death.Cause, request.Path, request.Route, age, Math.Round(report.Memory),
                incident.Signal);
            return;
        }
        DeathLog.RequestLost(
            logger, worker.WorkerId, report.Pid, death.Cause, incident.Method!, incident.Route!, age, request.Status, request.TraceId,
            Math.Round(report.Memory), incident.Signal, StackLine.Of(incident.Stack));
    }

    private void LogDeath(Incident death) => DeathLog.WorkerDied(
        logger, death.WorkerId, death.Pid, death.Cause, death.Method, death.Route, death.AgeSeconds, death.Status, death.TraceId,
        death.MemoryBytes, death.Signal, StackLine.Of(death.Stack));
}

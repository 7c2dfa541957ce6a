using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

internal static class WorkerSection
{
    private const double Full = .9;

    internal static void Write(HtmlWriter html, Page page) => SortableTable.Write(
        html, page.Query, "workers", "Workers", "Current state, one row per worker slot; growth of the memory in up to 6 hours",
        ColumnsOf(page.Status), page.Status.Workers);

    private static Column<WorkerStatus>[] ColumnsOf(Status status) =>
    [
        new("worker", "Worker", _ => null, (html, worker) => html.Write($"<bdi>{worker.Id}</bdi>")),
        new("state", "State", worker => worker.State, (html, worker) => html.Write($"{worker.State}")),
        new("pid", "Pid", worker => PidOf(worker), (html, worker) => html.Write($"{worker.Pid}")),
        new("utilisation", "Utilisation", worker => worker.Utilisation, WriteUtilisation),
        new("in_flight", "In flight", worker => worker.InFlight, (html, worker) =>
            html.Write($"{Show.Count(worker.InFlight)} of {Show.Count(worker.Capacity)}")),
        new("worker_requests", "Requests/s", worker => worker.Requests, Show.Rate),
        new("lag", "Loop lag", worker => worker.LoopLag, Show.Seconds),
        new("cpu", "CPU", worker => worker.Cpu / 100, Show.Percent),
        new("memory", "Memory", worker => worker.Memory, Show.Megabytes),
        new("growth", "Growth", worker => worker.MemoryGrowth?.Bytes, (html, worker) => WriteGrowth(html, worker.MemoryGrowth)),
        new("restarts", "Restarts", worker => worker.Restarts, Show.Count),
        new("oldest", "Oldest request", worker => worker.Oldest?.Seconds, (html, worker) => WriteOldest(html, status, worker))
        {
            IsName = true,
        },
    ];

    private static double? PidOf(WorkerStatus worker) =>
        double.TryParse(worker.Pid, CultureInfo.InvariantCulture, out var pid) ? pid : null;

    private static void WriteGrowth(HtmlWriter html, Growth? growth)
    {
        if (growth is null) return;
        html.Write($"""
            <span title="in {Show.Duration(growth.Time.TotalSeconds)}">{(growth.Bytes < 0 ? "" : "+")}{Show.Megabytes(growth.Bytes)}</span>
            """);
    }

    private static void WriteUtilisation(HtmlWriter html, WorkerStatus worker)
    {
        if (worker.Utilisation is { } busy && double.IsFinite(busy))
        {
            html.Write($"""
                <meter min="0" max="1" high="{Full}" optimum="0" value="{Math.Min(1, busy)}"
                    aria-label="Utilisation of {worker.Id}"></meter>

                """);
        }
        html.Write($"{Show.Percent(worker.Utilisation)}");
    }

    private static void WriteOldest(HtmlWriter html, Status status, WorkerStatus worker)
    {
        if (worker.Oldest is not { } oldest) return;
        html.Write($"{Show.Seconds(oldest.Seconds)} <bdi>{oldest.Method} {Show.Shortened(oldest.Route)}</bdi>");
        var begin = (status.Now.Time - DateTimeOffset.UnixEpoch).TotalSeconds - oldest.Seconds;
        // A request that is slow has its stack among the incidents.
        var incident = status.Incidents.LastOrDefault(incident => incident.WorkerId == worker.Id && incident.Time > begin
            && incident.Kind is IncidentKinds.Slow or IncidentKinds.Blocked && incident.Stack is { IsDefaultOrEmpty: false });
        if (incident is not null) IncidentSection.WriteStack(html, incident.Stack!.Value, $"stack-{worker.Id}");
    }
}

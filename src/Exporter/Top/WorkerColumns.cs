using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

internal static class WorkerColumns
{
    /// <summary>All columns; the last takes the remaining width.</summary>
    internal static IReadOnlyList<TopColumn<WorkerStatus>> All { get; } =
    [
        new("WORKER", 9, worker => worker.Id, null) { IsText = true },
        new("PID", 7, worker => worker.Pid ?? "", PidOf) { Omitted = 7 },
        new("STATE", 8, worker => worker.State, worker => WorkerStates.All.IndexOf(worker.State)) { IsText = true, Omitted = 4 },
        new("UTIL", 4, worker => Show.Percent(worker.Utilisation), worker => worker.Utilisation),
        new("REQ/S", 5, worker => Show.Rate(worker.Requests), worker => worker.Requests),
        new("AVG", 6, worker => Show.Seconds(worker.Average), worker => worker.Average) { Omitted = 1 },
        new("INFL", 4, worker => Show.Count(worker.InFlight), worker => worker.InFlight),
        new("LAG", 6, worker => Show.Seconds(worker.LoopLag), worker => worker.LoopLag) { Omitted = 6 },
        new("CPU", 4, worker => Show.Percent(worker.Cpu / 100), worker => worker.Cpu) { Omitted = 3 },
        new("PSS", 6, worker => Show.Mega(worker.Memory), worker => worker.Memory) { Omitted = 2 },
        new("RST", 3, worker => Show.Count(worker.Restarts), worker => worker.Restarts) { Omitted = 5 },
        new("OLDEST", 10, OldestOf, worker => worker.Oldest?.Seconds) { IsText = true },
    ];

    private static double? PidOf(WorkerStatus worker) => double.TryParse(worker.Pid, out var pid) ? pid : null;

    private static string OldestOf(WorkerStatus worker) => worker.Oldest is { } oldest
        ? $"{Show.Seconds(oldest.Seconds)} {oldest.Method} {Show.Shortened(oldest.Route)}"
        : "";
}

using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Top;

/// <summary>A column of the table.</summary>
/// <param name="Title">The heading; in lower case, the name on the command line.</param>
/// <param name="Text">The value of a worker.</param>
/// <param name="Order">The sort key of a worker, largest first; null for the order of the workers' numbers.</param>
internal sealed record TopColumn(string Title, Func<WorkerStatus, string> Text, Func<WorkerStatus, double?>? Order)
{
    /// <summary>Whether the column is aligned to the left, as text.</summary>
    internal bool IsText { get; init; }

    /// <summary>The minimum width of a screen that shows it, in characters.</summary>
    internal int NarrowestScreen { get; init; }

    /// <summary>All columns; the last takes the remaining width.</summary>
    internal static IReadOnlyList<TopColumn> All { get; } =
    [
        new("WORKER", worker => worker.Id, null) { IsText = true },
        new("PID", worker => worker.Pid ?? "", worker => double.TryParse(worker.Pid, out var pid) ? pid : null) { NarrowestScreen = 100 },
        new("STATE", worker => worker.State, worker => WorkerStates.All.IndexOf(worker.State)) { IsText = true },
        new("UTIL", worker => Show.Percent(worker.Utilisation), worker => worker.Utilisation),
        new("REQ/S", worker => Show.Rate(worker.Requests), worker => worker.Requests),
        new("AVG", worker => Show.Seconds(worker.Average), worker => worker.Average),
        new("INFL", worker => Show.Count(worker.InFlight), worker => worker.InFlight),
        new("LAG", worker => Show.Seconds(worker.LoopLag), worker => worker.LoopLag) { NarrowestScreen = 100 },
        new("CPU", worker => Show.Percent(worker.Cpu / 100), worker => worker.Cpu),
        new("PSS", worker => Show.Mega(worker.Memory), worker => worker.Memory),
        new("RST", worker => Show.Count(worker.Restarts), worker => worker.Restarts),
        new("OLDEST", OldestOf, worker => worker.Oldest?.Seconds) { IsText = true },
    ];

    private static string OldestOf(WorkerStatus worker) => worker.Oldest is { } oldest
        ? $"{Show.Seconds(oldest.Seconds)} {oldest.Method} {Show.Shortened(oldest.Route)}"
        : "";
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The values of the label <c>reason</c> of <c>gunicorn_dirty_tasks_dropped_total</c>.</summary>
internal static class DropReasons
{
    /// <summary>
    /// No worker has the application; the worker exited while the task waited for it, or could not be reached; the dirty arbiter
    /// exited while the task waited in it.
    /// </summary>
    public static ImmutableArray<string> All { get; } = ["no_worker", "unreachable", "arbiter_exit"];
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The values of the label <c>reason</c> of <c>gunicorn_worker_exits_total</c>.</summary>
internal static class WorkerExitReasons
{
    /// <summary>The cause is unknown: the master was gone or did not record it.</summary>
    public const string Unknown = "unknown";

    public const string Timeout = "timeout";

    /// <summary>Every cause that a master records.</summary>
    public static ImmutableArray<string> All { get; } =
        ["graceful", "max_requests", "reload", Timeout, "oom", "signal", "boot_error", "exit_code"];

    /// <summary>Whether workers exit for this reason without a fault.</summary>
    public static bool IsOrderly(string reason) => reason is "graceful" or "max_requests" or "reload";

    /// <summary>The causes of a dirty worker's exit, which Gunicorn does not recycle.</summary>
    public static ImmutableArray<string> OfDirtyWorkers { get; } = All.Remove("max_requests");

    /// <summary>The causes of a dirty arbiter's exit, which has no timeout and no reload either.</summary>
    public static ImmutableArray<string> OfDirtyArbiters { get; } = OfDirtyWorkers.RemoveRange(["reload", Timeout]);
}

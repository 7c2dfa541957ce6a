using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The states of <c>gunicorn_worker_state</c>.</summary>
internal static class WorkerStates
{
    /// <summary>The worker loads the application.</summary>
    public const string Starting = "starting";

    public const string Running = "running";

    /// <summary>The worker was asked to exit.</summary>
    public const string Quit = "quit";

    /// <summary>The worker was aborted because it did not respond in time.</summary>
    public const string Abort = "abort";

    /// <summary>No process holds the slot; only a reader can determine it.</summary>
    public const string Dead = "dead";

    /// <summary>In the order in which a worker passes through them.</summary>
    public static ImmutableArray<string> All { get; } = [Starting, Running, Quit, Abort, Dead];
}

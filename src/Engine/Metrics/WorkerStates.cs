using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The states of <c>gunicorn_worker_state</c>.</summary>
internal static class WorkerStates
{
    /// <summary>The worker loads the application.</summary>
    public const string Starting = "starting";

    /// <summary>The worker serves.</summary>
    public const string Running = "running";

    /// <summary>The worker was told to end.</summary>
    public const string Quit = "quit";

    /// <summary>The worker was aborted: it did not answer in time.</summary>
    public const string Abort = "abort";

    /// <summary>No process holds the slot; only a reader can say so.</summary>
    public const string Dead = "dead";

    /// <summary>Every state, in the order of a life.</summary>
    public static ImmutableArray<string> All { get; } = [Starting, Running, Quit, Abort, Dead];
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Incidents;

internal static class IncidentKinds
{
    /// <summary>A worker exited unexpectedly or lost requests.</summary>
    internal const string Death = "death";

    /// <summary>A worker died because it sent no heartbeat within <c>timeout</c>.</summary>
    internal const string Timeout = "timeout";

    /// <summary>A request is in flight for longer than <c>GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS</c>.</summary>
    internal const string Slow = "slow";

    /// <summary>An event loop runs one thing for that long.</summary>
    internal const string Blocked = "blocked";

    /// <summary>A request failed with an exception.</summary>
    internal const string Exception = "exception";

    /// <summary>The master or the exporter was reloaded.</summary>
    internal const string Reload = "reload";

    internal static ImmutableArray<string> All { get; } = [Death, Timeout, Slow, Blocked, Exception, Reload];
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>The values of the label <c>signal</c> of <c>gunicorn_master_signals_total</c>.</summary>
internal static class MasterSignalNames
{
    /// <summary>Every signal that a master handles, as Gunicorn names its handlers.</summary>
    public static ImmutableArray<string> All { get; } =
        ["hup", "ttin", "ttou", "chld", "usr1", "usr2", "quit", "int", "term", "winch"];
}

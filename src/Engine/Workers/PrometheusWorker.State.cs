using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>The state set. Safe in Python signal handlers: they run between two calls, and nothing is locked.</remarks>
internal sealed partial class PrometheusWorker
{
    private readonly Cell[] _states;
    private readonly Cell _stateChange;

    /// <summary>Sets the worker's state, one of <see cref="WorkerStates.All"/>, and the time of the change.</summary>
    /// <exception cref="MetricsException">There is no such state.</exception>
    public void SetState(string state)
    {
        var current = WorkerState.IndexOf(state);
        for (var i = 0; i < _states.Length; i++) _states[i].Set(i == current ? 1 : 0);
        _stateChange.Set(_time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
    }
}

using System.Globalization;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>
/// Sets the state of a worker, <c>gunicorn_worker_state</c>, together with
/// <c>gunicorn_worker_state_change_timestamp_seconds</c>.
/// </summary>
internal sealed class WorkerState(MetricWriter writer)
{
    /// <param name="value">1 for the worker's current state, 0 for one that it left.</param>
    /// <param name="workerId">The slot: <c>worker_1</c>.</param>
    /// <param name="state">One of <see cref="WorkerStates.All"/>.</param>
    /// <param name="timestamp">In seconds since the Unix epoch, as text.</param>
    /// <exception cref="MetricsException">The state is unknown, or the timestamp is not a number.</exception>
    public void Set(double value, string workerId, string state, string timestamp)
    {
        _ = IndexOf(state);
        if (!double.TryParse(timestamp, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            throw new MetricsException(
                $"{MetricCatalogue.WorkerState.Name} takes a timestamp in seconds since the Unix epoch, not '{timestamp}'");
        }
        writer.Set(MetricCatalogue.WorkerState, value, workerId, state);
        writer.Set(MetricCatalogue.WorkerStateChangeTimestamp, seconds, workerId);
    }

    /// <summary>The index of a state in <see cref="WorkerStates.All"/>.</summary>
    /// <exception cref="MetricsException">There is no such state.</exception>
    internal static int IndexOf(string state) => WorkerStates.All.IndexOf(state) is >= 0 and var index ? index : throw new MetricsException(
        $"{MetricCatalogue.WorkerState.Name} has the states {string.Join(", ", WorkerStates.All)}, not '{state}'");
}

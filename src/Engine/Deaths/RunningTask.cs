using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>A task that a live dirty worker runs.</summary>
/// <param name="Application">As a label value.</param>
/// <param name="Action">As a label value.</param>
/// <param name="Seconds">Its age.</param>
internal readonly record struct RunningTask(string Application, string Action, double Seconds)
{
    internal static RunningTask Of(FlightRequest task, LabelBounds bounds)
    {
        _ = bounds.TryAdmit(MetricCatalogue.Application, task.Path, out var application);
        _ = bounds.TryAdmit(MetricCatalogue.Action, task.Route, out var action);
        return new(application, action, Math.Max(0, MonotonicClock.Seconds() - task.Started));
    }
}

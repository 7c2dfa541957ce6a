using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Workers;

/// <summary>Keeps the largest value of the last one to two minutes in a gauge.</summary>
/// <remarks>Times are seconds of the monotonic clock. Allocates nothing. Not thread-safe.</remarks>
internal sealed class RecentMaximum(Cell cell)
{
    private const double Window = 60;

    private double _nextWindow;
    private (double Current, double Previous) _largest;

    /// <summary>Observes a value. Without a call, the gauge keeps values that are too old.</summary>
    internal void Observe(double now, double value)
    {
        if (now >= _nextWindow)
        {
            _largest = (0, now < _nextWindow + Window ? _largest.Current : 0);
            _nextWindow = now + Window;
        }
        _largest.Current = Math.Max(_largest.Current, value);
        cell.Set(Math.Max(_largest.Current, _largest.Previous));
    }
}

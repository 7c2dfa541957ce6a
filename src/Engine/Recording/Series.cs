using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>One series of a store, of any type that is recorded. Valid as long as its cells are.</summary>
internal readonly struct Series
{
    private readonly MetricType _type;
    private readonly Cell _cell;
    private readonly HistogramCells? _histogram;

    /// <summary>A series of a counter or a gauge.</summary>
    internal Series(MetricType type, Cell cell) => (_type, _cell) = (type, cell);

    internal Series(HistogramCells histogram) => (_type, _histogram) = (MetricType.Histogram, histogram);

    /// <summary>Whether there is no series: the store was full.</summary>
    internal bool IsNone => _histogram is null ? _cell.IsNone : _histogram.IsNone;

    /// <summary>Adds a value to a counter, sets a gauge to it, or observes it in a histogram.</summary>
    internal void Record(double value)
    {
        if (_histogram is not null) _histogram.Observe(value);
        else if (_type == MetricType.Counter) _cell.Add(value);
        else _cell.Set(value);
    }
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The last points at one distance. Not thread-safe.</summary>
internal sealed class TrendRing(TimeSpan step, int size)
{
    // The clock of the exporter ticks once a second, not exactly.
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(500);

    private readonly Queue<TrendPoint> _points = new(size);
    private TrendTotals? _before;
    private float _saturation, _backlog, _inFlight, _memory;

    internal ImmutableArray<TrendPoint> Points => [.. _points];

    internal void Add(TrendTotals now)
    {
        // After a backward step of the clock, the later points would lie on the earlier ones.
        if (now.Time < _before?.Time) _before = null;
        if (_before is null)
        {
            Begin(now);
            return;
        }
        Raise(now);
        if (now.Time - _before.Time < step - Early) return;
        if (_points.Count == size) _points.Dequeue();
        _points.Enqueue(PointOf(_before, now));
        Begin(now);
    }

    private void Begin(TrendTotals now)
    {
        _before = now;
        _saturation = _backlog = _inFlight = _memory = float.NaN;
    }

    private void Raise(TrendTotals now)
    {
        _saturation = Higher(_saturation, now[TrendFigure.Saturation]);
        _backlog = Higher(_backlog, now[TrendFigure.Backlog]);
        _inFlight = Higher(_inFlight, now[TrendFigure.InFlight]);
        var memory = now[TrendFigure.ProportionalMemory];
        _memory = Higher(_memory, double.IsNaN(memory) ? now[TrendFigure.ResidentMemory] : memory);
    }

    private TrendPoint PointOf(TrendTotals before, TrendTotals now)
    {
        var latencies = LatenciesOf(before, now);
        return new(now.Time)
        {
            Requests = RateOf(TrendFigure.Requests),
            ClientErrors = RateOf(TrendFigure.ClientErrors),
            ServerErrors = RateOf(TrendFigure.ServerErrors),
            Lost = RateOf(TrendFigure.Lost),
            Deaths = (int)GrowthOf(TrendFigure.Deaths),
            P50 = QuantileOf(latencies, .5),
            P95 = QuantileOf(latencies, .95),
            P99 = QuantileOf(latencies, .99),
            Saturation = _saturation,
            Backlog = _backlog,
            InFlight = _inFlight,
            Memory = _memory,
            Bounds = now.Bounds,
            Counts = [.. latencies.Counts.Select(bucket => (float)bucket.Count)],
        };

        double GrowthOf(TrendFigure figure) => Growth(before[figure], now[figure]);
        float RateOf(TrendFigure figure) => (float)(GrowthOf(figure) / (now.Time - before.Time).TotalSeconds);
    }

    private static Latencies LatenciesOf(TrendTotals before, TrendTotals now)
    {
        var latencies = new Latencies();
        // Workers with other buckets have just started.
        if (before.Bounds != now.Bounds && before.Bounds.Length > 0) return latencies;
        foreach (var (i, bound) in now.Bounds.Index())
        {
            latencies.Add(bound, Growth(before.Bounds.IsEmpty ? double.NaN : before.Cumulative[i], now.Cumulative[i]));
        }
        return latencies;
    }

    /// <summary>The increase of a sum; 0 if the store was created again in between, or the sum has no sample.</summary>
    private static double Growth(double before, double now) =>
        double.IsNaN(now) ? 0 : Math.Max(0, now - (double.IsNaN(before) ? 0 : before));

    private static float QuantileOf(Latencies latencies, double quantile) =>
        latencies.Quantile(quantile) is { } found ? (float)found.Seconds : float.NaN;

    private static float Higher(float highest, double value) =>
        double.IsNaN(value) ? highest : float.IsNaN(highest) ? (float)value : Math.Max(highest, (float)value);
}

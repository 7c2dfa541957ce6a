using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The last points at one distance. Not thread-safe.</summary>
internal sealed class TrendRing(TrendRange range)
{
    // The clock of the exporter ticks once a second, not exactly.
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(500);

    private readonly Queue<TrendPoint> _points = new(range.Points);
    private TrendTotals? _before;
    private float _saturation, _backlog, _fullest, _inFlight, _memory;

    internal ImmutableArray<TrendPoint> Points => [.. _points];

    internal void Add(TrendTotals now)
    {
        // The first read, or the clock stepped back.
        if (_before is null || now.Time < _before.Time)
        {
            Begin(now);
            return;
        }
        _saturation = Higher(_saturation, now.Saturation);
        _backlog = Higher(_backlog, now.Backlog);
        _fullest = Higher(_fullest, now.Fullest);
        _inFlight = Higher(_inFlight, now.InFlight);
        _memory = Higher(_memory, now.Memory);
        if (now.Time - _before.Time < range.Step - Early) return;
        if (_points.Count == range.Points) _points.Dequeue();
        _points.Enqueue(PointOf(_before, now));
        Begin(now);
    }

    private void Begin(TrendTotals now)
    {
        _before = now;
        _saturation = _backlog = _fullest = _inFlight = _memory = float.NaN;
    }

    private TrendPoint PointOf(TrendTotals before, TrendTotals now)
    {
        var counts = now.Bounds.Zip(now.Counts, (bound, count) => (float)TrendTotals.Growth(before.CountOf(bound), count))
            .ToImmutableArray();
        var latencies = Latencies.OfCounts(now.Bounds.Zip(counts));
        return new(now.Time)
        {
            Requests = RateOf(before.Requests, now.Requests),
            ClientErrors = RateOf(before.ClientErrors, now.ClientErrors),
            ServerErrors = RateOf(before.ServerErrors, now.ServerErrors),
            Lost = RateOf(before.Lost, now.Lost),
            Slow = RateOf(before.Slow, now.Slow),
            Refused = RateOf(before.Refused, now.Refused),
            Dropped = RateOf(before.Dropped, now.Dropped),
            Deaths = (int)TrendTotals.Growth(before.Deaths, now.Deaths),
            P50 = QuantileOf(latencies, .5),
            P95 = QuantileOf(latencies, .95),
            P99 = QuantileOf(latencies, .99),
            Saturation = _saturation,
            Backlog = _backlog,
            Fullest = _fullest,
            InFlight = _inFlight,
            Memory = _memory,
            Bounds = now.Bounds,
            Counts = counts,
        };

        float RateOf(double earlier, double later) =>
            (float)(TrendTotals.Growth(earlier, later) / (now.Time - before.Time).TotalSeconds);
    }

    private static float QuantileOf(Latencies latencies, double quantile) =>
        latencies.Quantile(quantile) is { } found ? (float)found.Seconds : float.NaN;

    private static float Higher(float highest, double? value) => value is { } known ? float.MaxNumber(highest, (float)known) : highest;
}

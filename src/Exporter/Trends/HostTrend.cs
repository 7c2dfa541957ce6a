using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The history of one host. Not thread-safe.</summary>
/// <remarks>
/// Points are closer together than snapshots, so it spreads what the host counted between two snapshots over the same time after the
/// second. What is left when the next snapshot arrives counts at once.
/// </remarks>
internal sealed class HostTrend
{
    private readonly TrendRings _rings = new(isOfHost: true);
    private MetricSnapshot? _snapshot;
    private TrendTotals? _earlier;
    private TrendTotals? _newest;
    private TrendTotals? _shown;
    private DateTimeOffset _readAt;

    /// <summary>The sums at the last call and those now; the same at the first call.</summary>
    internal (TrendTotals Before, TrendTotals Now) Move(MetricSnapshot snapshot, DateTimeOffset now)
    {
        if (!ReferenceEquals(snapshot, _snapshot))
        {
            var next = TrendSums.Of(new Samples(snapshot.Time, Samples.AllOf(snapshot)));
            // Points share the bounds of earlier ones.
            if (_newest is not null && next.Bounds.SequenceEqual(_newest.Bounds)) next = next with { Bounds = _newest.Bounds };
            (_snapshot, _earlier, _newest, _readAt) = (snapshot, _newest ?? next, next, now);
        }
        var current = Between(_earlier!, _newest!, (now - _readAt) / (_newest!.Time - _earlier!.Time));
        var before = _shown ?? current;
        _shown = current;
        _rings.Add(current with { Time = now });
        return (before, current);
    }

    /// <summary>The points of a range, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> Of(TrendRange range) => _rings.Of(range);

    private static TrendTotals Between(TrendTotals earlier, TrendTotals newest, double share)
    {
        // The clock of a host, or of the hub, may step back.
        if (!(share >= 0 && share < 1)) return newest;
        return newest with
        {
            Requests = Part(earlier.Requests, newest.Requests),
            ClientErrors = Part(earlier.ClientErrors, newest.ClientErrors),
            ServerErrors = Part(earlier.ServerErrors, newest.ServerErrors),
            Lost = Part(earlier.Lost, newest.Lost),
            Slow = Part(earlier.Slow, newest.Slow),
            Counts = [.. newest.Bounds.Zip(newest.Counts, (bound, count) => Part(earlier.CountOf(bound), count))],
        };

        // After a host began with a new store, its sums are lower.
        double Part(double before, double now) => now < before ? now : before + (share * (now - before));
    }
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The history of each host of a hub and of all together, from when each was first seen. Safe for any number of threads.</summary>
internal sealed class FleetTrend
{
    private readonly Lock _gate = new();
    private readonly TrendRings _rings = new();
    private readonly Dictionary<string, HostTrend> _hosts = [];
    private TrendTotals _counted = new(default);

    internal void Add(IReadOnlyCollection<HostSnapshot> hosts, DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (var gone in _hosts.Keys.Except(hosts.Select(host => host.Instance)).ToArray()) _hosts.Remove(gone);
            var moves = hosts.Select(host => Find(host.Instance).Move(host.Snapshot, now)).ToArray();
            _counted = Sum(moves, now);
            _rings.Add(_counted);
        }
    }

    /// <summary>The points of a range, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> Of(TrendRange range)
    {
        lock (_gate) return _rings.Of(range);
    }

    /// <summary>The points of one host; none without such a host.</summary>
    internal ImmutableArray<TrendPoint> Of(string instance, TrendRange range)
    {
        lock (_gate) return _hosts.TryGetValue(instance, out var host) ? host.Of(range) : [];
    }

    private HostTrend Find(string instance)
    {
        if (!_hosts.TryGetValue(instance, out var host)) _hosts.Add(instance, host = new());
        return host;
    }

    /// <summary>Adds what each host counted, so that the sums continue when a host comes or goes.</summary>
    private TrendTotals Sum((TrendTotals Before, TrendTotals Now)[] moves, DateTimeOffset now)
    {
        ImmutableArray<double> bounds = [.. moves.SelectMany(move => move.Now.Bounds).Distinct().Order()];
        // Points share the bounds of earlier ones.
        if (bounds.SequenceEqual(_counted.Bounds)) bounds = _counted.Bounds;
        return new(now)
        {
            Requests = Counted(totals => totals.Requests),
            ClientErrors = Counted(totals => totals.ClientErrors),
            ServerErrors = Counted(totals => totals.ServerErrors),
            Lost = Counted(totals => totals.Lost),
            Slow = Counted(totals => totals.Slow),
            Deaths = Counted(totals => totals.Deaths),
            Saturation = moves.Average(move => move.Now.Saturation),
            Backlog = Known(totals => totals.Backlog),
            InFlight = Known(totals => totals.InFlight),
            Memory = Known(totals => totals.Memory),
            Bounds = bounds,
            Counts = [.. bounds.Select(bound => Counted(totals => totals.CountOf(bound)))],
        };

        double Counted(Func<TrendTotals, double> valueOf) =>
            valueOf(_counted) + moves.Sum(move => TrendTotals.Growth(valueOf(move.Before), valueOf(move.Now)));

        double? Known(Func<TrendTotals, double?> valueOf) => moves.Any(move => valueOf(move.Now) is not null)
            ? moves.Sum(move => valueOf(move.Now))
            : null;
    }
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The sums over the samples of one read, from which the points are computed. Immutable. An unknown gauge is null.</summary>
internal sealed record TrendTotals(DateTimeOffset Time)
{
    internal double Requests { get; init; }

    internal double ClientErrors { get; init; }

    internal double ServerErrors { get; init; }

    internal double Lost { get; init; }

    internal double Slow { get; init; }

    /// <summary>Unexpected worker exits.</summary>
    internal double Deaths { get; init; }

    /// <summary>Connections that the kernel refused, of all servers of the machine.</summary>
    internal double Refused { get; init; }

    /// <summary>Snapshots that forwarders dropped.</summary>
    internal double Dropped { get; init; }

    internal double? Saturation { get; init; }

    internal double? Backlog { get; init; }

    /// <summary>The peak of the fullest accept queue, as a share of its limit.</summary>
    internal double? Fullest { get; init; }

    internal double? InFlight { get; init; }

    /// <summary>Of all workers: private memory plus the share of shared memory, else the resident sets.</summary>
    internal double? Memory { get; init; }

    /// <summary>The upper bounds of the latency buckets, in seconds.</summary>
    internal ImmutableArray<double> Bounds { get; init; } = [];

    /// <summary>The requests in each bucket alone.</summary>
    internal ImmutableArray<double> Counts { get; init; } = [];

    internal double CountOf(double bound) => Bounds.IndexOf(bound) is var place and >= 0 ? Counts[place] : 0;

    /// <summary>The increase of a sum; 0 if the store was created again in between.</summary>
    internal static double Growth(double before, double now) => Math.Max(0, now - before);
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>The sums over a snapshot from which the points are computed. Immutable.</summary>
/// <param name="Values">One sum for each <see cref="TrendFigure"/>; NaN for one without samples.</param>
/// <param name="Bounds">The upper bounds of the latency buckets, in seconds.</param>
/// <param name="Cumulative">The requests below each bound.</param>
internal sealed record TrendTotals(
    DateTimeOffset Time, ImmutableArray<double> Values, ImmutableArray<double> Bounds, ImmutableArray<double> Cumulative)
{
    internal double this[TrendFigure figure] => Values[(int)figure];
}

/// <summary>What is summed.</summary>
internal enum TrendFigure
{
    Requests,
    ClientErrors,
    ServerErrors,
    Lost,
    Deaths,
    Saturation,
    Backlog,
    InFlight,
    ProportionalMemory,
    ResidentMemory,
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Trends;

/// <summary>One point of the charts. Immutable. An unknown value is NaN.</summary>
internal sealed record TrendPoint(DateTimeOffset Time)
{
    /// <summary>Requests finished per second since the point before, as are the errors below.</summary>
    internal float Requests { get; init; }

    internal float ClientErrors { get; init; }

    internal float ServerErrors { get; init; }

    internal float Lost { get; init; }

    internal float Slow { get; init; }

    internal float Refused { get; init; }

    internal float Dropped { get; init; }

    /// <summary>Quantiles of the latency since the point before, in seconds; NaN without requests.</summary>
    internal float P50 { get; init; } = float.NaN;

    internal float P95 { get; init; } = float.NaN;

    internal float P99 { get; init; } = float.NaN;

    /// <summary>The highest since the point before, as are the gauges below.</summary>
    internal float Saturation { get; init; } = float.NaN;

    internal float Backlog { get; init; } = float.NaN;

    internal float Fullest { get; init; } = float.NaN;

    internal float InFlight { get; init; } = float.NaN;

    /// <summary>Of all workers, in bytes.</summary>
    internal float Memory { get; init; } = float.NaN;

    /// <summary>Unexpected worker exits since the point before.</summary>
    internal int Deaths { get; init; }

    /// <summary>The upper bounds of the latency buckets in seconds; points with the same bounds share them.</summary>
    internal required ImmutableArray<double> Bounds { get; init; }

    /// <summary>The new requests in each bucket alone.</summary>
    internal required ImmutableArray<float> Counts { get; init; }
}

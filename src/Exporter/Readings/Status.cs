using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>What the page shows. Immutable.</summary>
internal sealed record Status
{
    /// <summary>The reading that it is of.</summary>
    internal required Samples Now { get; init; }

    /// <summary>The traffic since an earlier reading; null at the first.</summary>
    internal Traffic? Traffic { get; init; }

    /// <summary>The time between the two.</summary>
    internal TimeSpan Window { get; init; }

    /// <summary>What each reading of the last minute found new, the newest last.</summary>
    internal ImmutableArray<Moment> History { get; init; } = [];

    /// <summary>The workers, by number.</summary>
    internal required ImmutableArray<WorkerStatus> Workers { get; init; }

    /// <summary>The routes with most requests since the earlier reading.</summary>
    internal ImmutableArray<RouteStatus> Routes { get; init; } = [];

    /// <summary>The accept queues.</summary>
    internal required ImmutableArray<ListenerStatus> Listeners { get; init; }

    /// <summary>What workers died of, and the requests they took with them.</summary>
    internal required ImmutableArray<Exits> Exits { get; init; }
}

using System.Collections.Immutable;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The content of the status page. Immutable.</summary>
internal sealed record Status
{
    internal required Samples Now { get; init; }

    /// <summary>The traffic since an earlier read; null at the first read.</summary>
    internal Traffic? Traffic { get; init; }

    internal TimeSpan Window { get; init; }

    internal required ImmutableArray<WorkerStatus> Workers { get; init; }

    /// <summary>The most requests in flight at once in the last 90 seconds; null if unknown, or if there are several hosts.</summary>
    internal double? InFlightPeak { get; init; }

    /// <summary>All routes, those with the most requests since the earlier read first; empty at the first read.</summary>
    internal ImmutableArray<RouteStatus> Routes { get; init; } = [];

    internal required ImmutableArray<ListenerStatus> Listeners { get; init; }

    /// <summary>The causes of worker deaths, and the requests lost with them.</summary>
    internal required ImmutableArray<Exits> Exits { get; init; }

    /// <summary>The last incidents, the oldest first.</summary>
    internal ImmutableArray<Incident> Incidents { get; init; } = [];
}

internal sealed record RouteStatus(string Method, string Endpoint, Traffic Traffic)
{
    /// <summary>The time that its requests took, in seconds per second.</summary>
    internal double Time { get; init; }

    internal ImmutableArray<StatusCount> Statuses { get; init; } = [];
}

/// <summary>The requests with one status: per second, and since the store was created.</summary>
internal sealed record StatusCount(string Code, double Rate, double Total);

/// <summary>The accept queue of a listener, in connections: now, at most, and the longest in the last 90 seconds.</summary>
internal sealed record ListenerStatus(string Name, double Backlog, double? Limit, double? Peak);

/// <summary>The worker deaths of one cause since the store was created.</summary>
internal sealed record Exits(string Reason, double Workers, double RequestsLost);

using System.Collections.Immutable;
using GunicornPrometheusExporter.Exporter.Checks;
using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Readings;
using GunicornPrometheusExporter.Exporter.Trends;

namespace GunicornPrometheusExporter.Exporter.StatusPage;

/// <summary>What a page shows. Immutable.</summary>
internal sealed record Page(Status Status)
{
    internal PageQuery Query { get; init; } = PageQuery.Empty;

    internal string MetricsPath { get; init; } = "/metrics";

    internal string Host { get; init; } = Environment.MachineName;

    /// <summary>The application, as Gunicorn's master names it; null if unknown.</summary>
    internal string? Application { get; init; }

    /// <summary>The hosts of a hub, in place of workers; null for one server.</summary>
    internal ImmutableArray<HostStatus>? Hosts { get; init; }

    /// <summary>Whether the page of a hub is about one of its hosts.</summary>
    internal bool IsHost { get; init; }

    /// <summary>What is wrong, the worst first.</summary>
    internal ImmutableArray<Finding> Findings { get; init; } = [];

    internal IReadOnlyDictionary<string, ForwarderReport> Forwarders { get; init; } = new Dictionary<string, ForwarderReport>();

    /// <summary>The points of the charts, the oldest first.</summary>
    internal ImmutableArray<TrendPoint> History { get; init; } = [];

    /// <summary>The configuration in force and its sources as lines, secrets masked; empty if there is none.</summary>
    internal string Configuration { get; init; } = "";
}

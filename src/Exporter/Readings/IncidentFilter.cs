using System.Collections.Immutable;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Chooses incidents.</summary>
/// <param name="Kinds">Empty for all.</param>
/// <param name="Worker">As <c>worker_id</c>; null for all.</param>
/// <param name="Route">The route, or the begin of it with a final <c>*</c>; null for all.</param>
/// <param name="Since">The earliest, in seconds since the Unix epoch.</param>
/// <param name="Limit">How many of the newest at most.</param>
internal sealed record IncidentFilter(ImmutableArray<string> Kinds, string? Worker, string? Route, double Since, int Limit)
{
    internal IEnumerable<Incident> Apply(IEnumerable<Incident> incidents) => incidents
        .Where(incident => Kinds.IsEmpty || Kinds.Contains(incident.Kind))
        .Where(incident => Worker is null || incident.WorkerId == Worker)
        .Where(incident => Route is null || IsOfRoute(incident.Route ?? "", Route))
        .Where(incident => incident.Time >= Since)
        .TakeLast(Limit);

    /// <summary>Whether a route is the wanted one, or begins as it if that ends with <c>*</c>.</summary>
    internal static bool IsOfRoute(string route, string wanted) =>
        wanted.EndsWith('*') ? route.StartsWith(wanted[..^1], StringComparison.Ordinal) : route == wanted;
}

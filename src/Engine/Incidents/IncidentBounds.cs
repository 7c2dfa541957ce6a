using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>How many incidents of each kind a store keeps.</summary>
internal static class IncidentBounds
{
    private const int MostDeaths = 100;
    private const int MostSlow = 100;
    private const int MostExceptions = 50;
    private const int MostReloads = 50;

    /// <summary>The newest incidents of each kind, the oldest first; none of an unknown kind or with a time that is no date.</summary>
    public static ImmutableArray<Incident> Apply(IEnumerable<Incident> incidents)
    {
        var kept = new Dictionary<string, int>(StringComparer.Ordinal);
        return
        [
            .. incidents.Where(incident => incident.HasDate).OrderBy(incident => incident.Time).Reverse()
                .Where(incident => BoundOf(incident.Kind) is (var shared, var most)
                    && (kept[shared] = kept.GetValueOrDefault(shared) + 1) <= most)
                .Reverse(),
        ];
    }

    /// <summary>The kind that shares the bound of a kind, and the bound.</summary>
    private static (string Shared, int Most)? BoundOf(string kind) => kind switch
    {
        IncidentKinds.Death or IncidentKinds.Timeout => (IncidentKinds.Death, MostDeaths),
        IncidentKinds.Slow or IncidentKinds.Blocked => (IncidentKinds.Slow, MostSlow),
        IncidentKinds.Exception => (IncidentKinds.Exception, MostExceptions),
        IncidentKinds.Reload => (IncidentKinds.Reload, MostReloads),
        _ => null,
    };
}

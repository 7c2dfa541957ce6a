using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>Finds reloads of Gunicorn (SIGHUP) by the masters' counters. Not thread-safe.</summary>
/// <remarks>It finds those since its first look.</remarks>
internal sealed class MasterReloads(string directory, IncidentLog incidents, TimeProvider time)
{
    private double? _count;

    /// <summary>Whether this exporter is the one of the store that adds them.</summary>
    internal Func<bool> IsLeader { private get; set; } = () => true;

    /// <summary>Adds an incident if a master has handled a SIGHUP since the last look.</summary>
    /// <exception cref="IOException">The store cannot be read.</exception>
    /// <exception cref="StoreException">The same.</exception>
    /// <returns>Null: it did not fail.</returns>
    internal string? Look()
    {
        if (!Directory.Exists(directory)) return null;
        var count = Directory.GetFiles(directory, "counter_master-*" + StoreFormat.Extension).Sum(CountIn);
        // The store may have been cleaned.
        if (count > _count && IsLeader()) incidents.Add(Incident.OfReload(time, ReloadCauses.Gunicorn));
        _count = count;
        return null;
    }

    private static double CountIn(string path)
    {
        _ = EntryWalk.TryRead(path, out var walk);
        while (walk.MoveNext())
        {
            if (ReadKey.TryParse(walk.Key) is { } key && key.Sample == MetricCatalogue.MasterSignals.Name
                && key.Labels is [{ Name: "signal", Value: "hup" }])
            {
                return walk.Value;
            }
        }
        return 0;
    }
}

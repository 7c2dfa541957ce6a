using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Incidents;

/// <summary>The last incidents of a store, which survive restarts of the exporter and of the master.</summary>
/// <remarks>
/// Any thread adds; one thread at a time writes. The file is replaced in one step under the lock of the exporter's slot, so any
/// number of exporters may have a log.
/// </remarks>
internal sealed class IncidentLog(string directory)
{
    private readonly IncidentFile _file = new(directory);
    private readonly Lock _gate = new();
    private ImmutableArray<Incident> _pending = [];

    /// <summary>Adds incidents, which the next write stores together. If the store cannot be written, the last of each kind wait.</summary>
    public void Add(params IEnumerable<Incident> incidents)
    {
        var rounded = incidents.Select(incident => incident with { Time = Math.Round(incident.Time, 3) }).ToList();
        lock (_gate) _pending = IncidentBounds.Apply(_pending.Concat(rounded));
    }

    /// <summary>Adds a death, unless it is known, or older than everything that the log keeps.</summary>
    public bool TryAdd(Incident death)
    {
        var known = Read();
        var isNews = !known.Any(death.IsOfSameDeath) && IncidentBounds.Apply(known.Add(death)).Contains(death);
        if (isNews) Add(death);
        return isNews;
    }

    /// <summary>The stored incidents and those that wait, the oldest first.</summary>
    public ImmutableArray<Incident> Read()
    {
        lock (_gate) return Merge(_file.Read(), _pending);
    }

    /// <summary>Stores what was added, unless another exporter writes at this moment. Call it once a second.</summary>
    /// <exception cref="StoreException">The store cannot be written; what was added waits.</exception>
    /// <exception cref="IOException">The same.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Write()
    {
        lock (_gate)
        {
            if (_pending.IsEmpty) return;
        }
        using var slots = SlotTable.Open(directory);
        if (slots.TryTake(SlotKind.Exporter, 1)) WriteUnderLock();
    }

    /// <summary>Stores what was added. This process holds the exporter's slot.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    internal void WriteUnderLock()
    {
        lock (_gate)
        {
            if (_pending.IsEmpty) return;
            var stored = _file.Read();
            var merged = Merge(stored, _pending);
            if (!merged.SequenceEqual(stored)) _file.Write(merged);
            _pending = [];
        }
    }

    /// <summary>Adds incidents to those of a file, except the deaths that the file has.</summary>
    /// <remarks>An exporter may be killed after it wrote them, and before it removed the flight file.</remarks>
    private static ImmutableArray<Incident> Merge(ImmutableArray<Incident> stored, ImmutableArray<Incident> added) => added.IsEmpty
        ? stored
        : IncidentBounds.Apply([.. stored, .. added.Where(incident => !stored.Any(incident.IsOfSameDeath))]);
}

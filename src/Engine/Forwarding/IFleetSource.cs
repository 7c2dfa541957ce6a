using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A store of snapshots that the hosts of a fleet write and a hub reads.</summary>
/// <remarks>Callers make one read at a time. Unchanged parts are the same objects in the next read.</remarks>
internal interface IFleetSource : IAsyncDisposable
{
    /// <summary>The location, worded as the end of a sentence and without secrets.</summary>
    string Place { get; }

    /// <summary>The last lease, which a read that failed may have renewed; null if the hub does not share the hosts.</summary>
    /// <remarks>Null also before the first read.</remarks>
    HubLease? Lease { get; }

    /// <summary>Reads the hosts' snapshots, within the time limit of a scrape.</summary>
    /// <exception cref="ForwardingException">The source cannot be read now.</exception>
    Task<FleetReading> ReadAsync(CancellationToken cancellation);

    /// <summary>Reads the newest incidents of all hosts, each with its host, the oldest first.</summary>
    /// <exception cref="ForwardingException">The source cannot be read now.</exception>
    Task<IReadOnlyList<Incident>> ReadIncidentsAsync(CancellationToken cancellation);
}

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Where the hosts of a fleet leave their snapshots.</summary>
/// <remarks>One read at a time. Unchanged parts are the same objects in the next read.</remarks>
internal interface IFleetSource : IAsyncDisposable
{
    /// <summary>The location, as the end of a sentence and without any secret.</summary>
    string Place { get; }

    /// <summary>Reads the hosts' snapshots, within the time of a scrape.</summary>
    /// <exception cref="ForwardingException">It cannot be read now.</exception>
    Task<FleetReading> ReadAsync(CancellationToken cancellation);
}

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Where the hosts of a fleet leave their snapshots.</summary>
/// <remarks>One reading at a time. What did not change since the last one is the same object in the next.</remarks>
internal interface IFleetSource : IAsyncDisposable
{
    /// <summary>Where that is, as the end of a sentence and without any secret.</summary>
    string Place { get; }

    /// <summary>Reads what the hosts left, in a time that a scrape has.</summary>
    /// <param name="cancellation">Cancelled when there is no time left.</param>
    /// <exception cref="ForwardingException">It cannot be read now.</exception>
    Task<FleetReading> ReadAsync(CancellationToken cancellation);
}

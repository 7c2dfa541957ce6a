namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Where the hosts of a fleet leave their snapshots.</summary>
/// <remarks>One reading at a time. What did not change since the last one is the same object in the next.</remarks>
public interface IFleetSource : IAsyncDisposable
{
    /// <summary>Reads what the hosts left.</summary>
    /// <param name="cancellation">Cancelled when there is no time left.</param>
    /// <exception cref="ForwardingException">It cannot be read now.</exception>
    Task<FleetReading> ReadAsync(CancellationToken cancellation);
}

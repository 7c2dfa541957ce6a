namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A destination of snapshots.</summary>
/// <remarks>
/// Called from one task at a time, at least once an interval whatever earlier calls threw, so that a forwarder with a buffer
/// misses no snapshot; what it keeps from call to call is its own, also until when its destination asked not to be called.
/// It neither logs nor waits between attempts of one snapshot: that is the business of who runs it.
/// </remarks>
internal interface IForwarder : IAsyncDisposable
{
    /// <summary>The time between two snapshots.</summary>
    TimeSpan Interval { get; }

    /// <summary>Sends a snapshot, or what it has kept of earlier ones.</summary>
    /// <param name="snapshot">The store as it is now.</param>
    /// <param name="cancellation">Cancelled when there is no time left.</param>
    /// <returns>What was sent.</returns>
    /// <exception cref="ForwardingException">It could not be sent; the next call may.</exception>
    Task<Forwarded> ForwardAsync(MetricSnapshot snapshot, CancellationToken cancellation);
}

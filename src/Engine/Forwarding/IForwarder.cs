using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A destination of snapshots.</summary>
/// <remarks>
/// Called from one task at a time, at least once per interval even after exceptions, so that a forwarder with a buffer
/// misses no snapshot. A forwarder keeps its own state between calls, such as a Retry-After time. It neither logs nor
/// retries: its caller does.
/// </remarks>
internal interface IForwarder : IAsyncDisposable
{
    TimeSpan Interval { get; }

    /// <summary>Whether it uses <see cref="MetricSnapshot.Details"/>, which cost a read of more files.</summary>
    bool UsesDetails { get; }

    /// <summary>Sends a snapshot, or buffered earlier ones.</summary>
    /// <exception cref="ForwardingException">The snapshot could not be sent; the next call may succeed.</exception>
    Task<Forwarded> ForwardAsync(MetricSnapshot snapshot, CancellationToken cancellation);
}

using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A destination of snapshots.</summary>
/// <remarks>
/// Called from one task at a time, at least once per interval even after exceptions, so that a forwarder with a buffer
/// misses no snapshot. It keeps its own state between calls, including a time until which its destination asked it to wait.
/// It neither logs nor waits between attempts of one snapshot: its caller does.
/// </remarks>
internal interface IForwarder : IAsyncDisposable
{
    /// <summary>The time between two snapshots.</summary>
    TimeSpan Interval { get; }

    /// <summary>Sends a snapshot, or buffered earlier ones.</summary>
    /// <returns>What was sent.</returns>
    /// <exception cref="ForwardingException">It could not be sent; the next call may succeed.</exception>
    Task<Forwarded> ForwardAsync(MetricSnapshot snapshot, CancellationToken cancellation);
}

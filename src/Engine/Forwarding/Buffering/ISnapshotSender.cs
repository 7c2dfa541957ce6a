using Google.Protobuf;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>Encodes and sends snapshots by one protocol. Used by one caller at a time.</summary>
internal interface ISnapshotSender : IDisposable
{
    /// <summary>The receiver in a message.</summary>
    string Receiver { get; }

    /// <summary>The requests for a snapshot; null if it has no values.</summary>
    BufferedSnapshot? Encode(MetricSnapshot snapshot);

    /// <summary>The end of every series, at a time in milliseconds since 1970; null without series.</summary>
    BufferedSnapshot? End(long time);

    /// <summary>Sends one request of a snapshot.</summary>
    /// <param name="encoding">The encoding of the snapshot.</param>
    /// <returns>Why the receiver rejected all or part of it; null if it accepted everything.</returns>
    /// <exception cref="ForwardingException">It could not be sent; the caller may retry.</exception>
    Task<string?> SendAsync(ByteString request, int encoding, CancellationToken cancellation);
}

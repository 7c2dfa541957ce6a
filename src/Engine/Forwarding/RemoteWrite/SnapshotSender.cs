using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Sends snapshots, in version 2.0 as long as the receiver understands it and the settings do not say otherwise.</summary>
internal sealed class SnapshotSender(RemoteWriteSettings settings, WriteReceiver receiver)
{
    /// <summary>The version to encode snapshots in.</summary>
    internal WriteProtocol Protocol { get; private set; } =
        settings.Protocol == WriteProtocol.Unspecified ? WriteProtocol.V2 : settings.Protocol;

    /// <summary>Sends the requests of a snapshot, one after the other.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellation">Cancelled when there is no time left.</param>
    /// <returns>Why the receiver refused it, or a part of it; null if it took all.</returns>
    /// <exception cref="ForwardingException">It could not be sent; it may be sent again.</exception>
    internal async Task<string?> SendAsync(BufferedSnapshot snapshot, CancellationToken cancellation)
    {
        string? refusal = null;
        foreach (var request in snapshot.Requests)
        {
            var answer = await SendAsync(request, snapshot.Protocol, cancellation).ConfigureAwait(false);
            if (answer.Outcome != WriteOutcome.Written) refusal ??= answer.Reason;
        }
        return refusal;
    }

    private async Task<WriteAnswer> SendAsync(ByteString request, WriteProtocol protocol, CancellationToken cancellation)
    {
        if (protocol == WriteProtocol.V2 && Protocol == WriteProtocol.V1)
        {
            (request, protocol) = (OlderRequest.Of(request), WriteProtocol.V1);
        }
        var answer = await receiver.PostAsync(request, protocol, cancellation).ConfigureAwait(false);
        if (answer.Outcome != WriteOutcome.NotUnderstood || settings.Protocol == WriteProtocol.V2) return answer;
        Protocol = WriteProtocol.V1;
        return await receiver.PostAsync(OlderRequest.Of(request), WriteProtocol.V1, cancellation).ConfigureAwait(false);
    }
}

using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Sends snapshots, in version 2.0 unless the receiver does not support it or the settings select 1.0.</summary>
internal sealed class SnapshotSender(RemoteWriteSettings settings, TimeProvider time) : IDisposable
{
    private readonly WriteReceiver _receiver = new(settings, time);

    internal string Receiver => _receiver.Name;

    /// <summary>The version to encode snapshots in.</summary>
    internal WriteProtocol Protocol { get; private set; } =
        settings.Protocol == WriteProtocol.Unspecified ? WriteProtocol.V2 : settings.Protocol;

    /// <summary>Sends the requests of a snapshot, one after the other.</summary>
    /// <returns>Why the receiver rejected all or part of it; null if it accepted everything.</returns>
    /// <exception cref="ForwardingException">It could not be sent; the caller may retry.</exception>
    internal async Task<string?> SendAsync(BufferedSnapshot snapshot, CancellationToken cancellation)
    {
        string? refusal = null;
        foreach (var request in snapshot.Requests)
        {
            var answer = await SendAsync(request, snapshot.Protocol, cancellation).ConfigureAwait(false);
            refusal ??= answer.Refusal;
        }
        return refusal;
    }

    public void Dispose() => _receiver.Dispose();

    private async Task<WriteAnswer> SendAsync(ByteString request, WriteProtocol protocol, CancellationToken cancellation)
    {
        if (protocol == WriteProtocol.V2 && Protocol == WriteProtocol.V1)
        {
            (request, protocol) = (OlderRequest.Of(request), WriteProtocol.V1);
        }
        var answer = await _receiver.PostAsync(request, protocol, cancellation).ConfigureAwait(false);
        if (!answer.IsUnsupported || settings.Protocol == WriteProtocol.V2) return answer;
        Protocol = WriteProtocol.V1;
        return await _receiver.PostAsync(OlderRequest.Of(request), WriteProtocol.V1, cancellation).ConfigureAwait(false);
    }
}

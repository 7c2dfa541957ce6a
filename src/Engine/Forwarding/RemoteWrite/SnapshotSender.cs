using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.Buffering;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Sends snapshots, in version 2.0 unless the receiver does not support it or the settings select 1.0.</summary>
internal sealed class SnapshotSender(RemoteWriteSettings settings, TimeProvider time) : ISnapshotSender
{
    private readonly WriteReceiver _receiver = new(settings, time);
    private readonly SnapshotEncoder _encoder = new(settings.Labels, settings.IsNativeOnly);

    // The version to encode snapshots in.
    private WriteProtocol _protocol = settings.Protocol == WriteProtocol.Unspecified ? WriteProtocol.V2 : settings.Protocol;

    /// <inheritdoc/>
    public string Receiver => _receiver.Name;

    /// <inheritdoc/>
    public BufferedSnapshot? Encode(MetricSnapshot snapshot) => _encoder.Encode(snapshot, _protocol);

    /// <inheritdoc/>
    public BufferedSnapshot? End(long time) => _encoder.End(time);

    /// <inheritdoc/>
    public async Task<string?> SendAsync(ByteString request, int encoding, CancellationToken cancellation)
    {
        try
        {
            return (await SendAsync(request, (WriteProtocol)encoding, cancellation).ConfigureAwait(false)).Refusal;
        }
        catch (ForwardingException fault) when (encoding == (int)WriteProtocol.V2 && OlderRequest.Of(request) is null)
        {
            // Prometheus without native histograms answers 500 to them; a retry would hold up the samples.
            return fault.Message;
        }
    }

    public void Dispose() => _receiver.Dispose();

    private async Task<WriteAnswer> SendAsync(ByteString request, WriteProtocol protocol, CancellationToken cancellation)
    {
        if (protocol == WriteProtocol.V1 || _protocol == WriteProtocol.V2)
        {
            var answer = await _receiver.PostAsync(request, protocol, cancellation).ConfigureAwait(false);
            if (protocol == WriteProtocol.V1 || settings.Protocol == WriteProtocol.V2) return answer;
            if (answer.IsUnsupported) _protocol = WriteProtocol.V1;
            else if (!answer.MayBeUnsupported || OlderRequest.Of(request) is null) return answer;
        }
        if (OlderRequest.Of(request) is not { } older) return new();
        var last = await _receiver.PostAsync(older, WriteProtocol.V1, cancellation).ConfigureAwait(false);
        // A rejection that both versions get is about the samples.
        if (last.Refusal is null) _protocol = WriteProtocol.V1;
        return last;
    }
}

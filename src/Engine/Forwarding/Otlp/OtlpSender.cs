using System.IO.Compression;
using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.Buffering;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>Encodes and exports snapshots by OTLP over HTTP.</summary>
internal sealed class OtlpSender(OtlpSettings settings, TimeProvider time) : ISnapshotSender
{
    private const string Type = "application/x-protobuf";

    // The encodings of buffered requests; other protocols have lower numbers.
    private const int Plain = 16;
    private const int Gzip = 17;

    private readonly HttpReceiver _receiver = new(settings.Receiver, time);
    private OtlpLayout? _layout;

    /// <inheritdoc/>
    public string Receiver => _receiver.Name;

    /// <inheritdoc/>
    public BufferedSnapshot? Encode(MetricSnapshot snapshot)
    {
        var milliseconds = snapshot.Time.ToUnixTimeMilliseconds();
        List<ExportMetricsServiceRequest> ends = [];
        if (_layout is null || !ReferenceEquals(_layout.Layout, snapshot.Layout))
        {
            var next = new OtlpLayout(snapshot.Layout, settings.Resource);
            if (_layout is not null)
            {
                next.Continue(_layout);
                ends.AddRange(_layout.End(Nanoseconds(milliseconds)));
            }
            _layout = next;
        }
        return Message(milliseconds, [.. ends, .. _layout.Read(snapshot, Nanoseconds(milliseconds))]);
    }

    /// <inheritdoc/>
    public BufferedSnapshot? End(long milliseconds) =>
        _layout is null ? null : Message(milliseconds, [.. _layout.End(Nanoseconds(milliseconds))]);

    /// <inheritdoc/>
    public async Task<string?> SendAsync(ByteString request, int encoding, CancellationToken cancellation)
    {
        if (encoding is not (Plain or Gzip)) return $"A snapshot in {settings.Buffer.Variable} is not one of OTLP";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(settings.Timeout);
        try
        {
            return await _receiver.SendAsync(
                () => _receiver.NewRequest(request.Memory, Type, encoding == Gzip ? "gzip" : null),
                response => JudgeAsync(response, limit.Token), limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new ForwardingException($"{Receiver} did not answer within {settings.Timeout.TotalMilliseconds} ms");
        }
    }

    public void Dispose() => _receiver.Dispose();

    /// <summary>Why the receiver rejected all or a part of a request; null if it accepted everything.</summary>
    private async Task<string?> JudgeAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var isMessage = response.Content.Headers.ContentType?.MediaType == Type;
        if (!response.IsSuccessStatusCode)
        {
            // Any other status is final, as the protocol requires.
            var isTransient = (int)response.StatusCode is 429 or 502 or 503 or 504;
            Func<byte[], string?>? textOf = isMessage ? body => Parse(new Status(), body).Message : null;
            return await _receiver.RefusalAsync(response, isTransient, cancellation, textOf).ConfigureAwait(false);
        }
        if (!isMessage) return null;
        var body = await HttpReceiver.ReadAsync(response, cancellation).ConfigureAwait(false);
        return Parse(new ExportMetricsServiceResponse(), body).PartialSuccess is { RejectedDataPoints: > 0 } partial
            ? $"{Receiver} rejected {partial.RejectedDataPoints} data points{_receiver.ReasonOf(partial.ErrorMessage)}"
            : null;
    }

    private BufferedSnapshot? Message(long milliseconds, List<ExportMetricsServiceRequest> requests) => requests.Count == 0
        ? null
        : new() { Time = milliseconds, Encoding = settings.IsCompressed ? Gzip : Plain, Requests = { requests.Select(Encode) } };

    private ByteString Encode(ExportMetricsServiceRequest request)
    {
        if (!settings.IsCompressed) return request.ToByteString();
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionLevel.Fastest, leaveOpen: true)) request.WriteTo(gzip);
        return ByteString.CopyFrom(body.GetBuffer().AsSpan(0, (int)body.Length));
    }

    /// <summary>Reads the first bytes of a message: the fields that they contain.</summary>
    private static T Parse<T>(T message, byte[] body) where T : IMessage
    {
        try
        {
            message.MergeFrom(body);
        }
        catch (InvalidProtocolBufferException)
        {
            // The rest was too long, or is no message.
        }
        return message;
    }

    private static ulong Nanoseconds(long milliseconds) => (ulong)milliseconds * 1_000_000;
}

using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>Sends snapshots to a receiver, in order.</summary>
/// <remarks>
/// Each snapshot is encoded, buffered, then sent. An unsent one remains buffered until the next call; one that the receiver
/// rejects is dropped. A request without a response is sent again, because receivers accept duplicate samples; those before it are
/// not, so that a slow receiver gets a large snapshot in several calls. Owns the sender.
/// </remarks>
internal abstract class BufferedForwarder(ISnapshotSender sender, BufferSettings settings, TimeProvider time) : IForwarder
{
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(1);

    // Opened by the first call, because creating a forwarder accesses neither disk nor network.
    private SnapshotBuffer? _buffer;

    // The requests of the oldest snapshot that were sent, and why the receiver rejected one of them.
    private int _sent;
    private string? _refusal;

    public TimeSpan Interval => settings.Interval;

    public bool UsesDetails => true;

    public Task<Forwarded> ForwardAsync(MetricSnapshot snapshot, CancellationToken cancellation)
    {
        _buffer ??= OpenBuffer();
        var isNew = snapshot.Time.ToUnixTimeMilliseconds() != _buffer.NewestTime;
        var dropped = isNew ? _buffer.Add(sender.Encode(snapshot)) : 0;
        return EmptyAsync(_buffer, dropped, Interval * 0.75, cancellation);
    }

    /// <summary>Sends the end of every series, within a second.</summary>
    /// <exception cref="ForwardingException">Unsent snapshots in memory are lost.</exception>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_buffer is not null) await EndAsync(_buffer).ConfigureAwait(false);
        }
        finally
        {
            _buffer?.Dispose();
            sender.Dispose();
        }
    }

    private SnapshotBuffer OpenBuffer()
    {
        try
        {
            return new SnapshotBuffer(settings.Directory, settings.MaximumBytes);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or StoreException)
        {
            throw new ForwardingException(
                $"{settings.Variable} is \"{settings.Directory}\", which cannot be used: {fault.Message}; " +
                "set it to a directory that no other exporter uses", fault);
        }
    }

    /// <summary>Sends the buffered snapshots, oldest first; starts no new one after two thirds of the time.</summary>
    private async Task<Forwarded> EmptyAsync(SnapshotBuffer buffer, int dropped, TimeSpan longest, CancellationToken cancellation)
    {
        if (dropped > 0) (_sent, _refusal) = (0, null);
        var started = time.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(longest);
        var (sent, bytes) = (0, 0L);
        string? fault = null;
        try
        {
            while (buffer.Count > 0 && time.GetElapsedTime(started) < longest * 2 / 3)
            {
                var snapshot = buffer.Peek();
                if (snapshot is null) _refusal = $"A snapshot in {settings.Variable} was truncated or removed";
                else await SendAsync(snapshot, limit.Token).ConfigureAwait(false);
                buffer.Remove();
                fault ??= _refusal;
                if (_refusal is null) sent++;
                else dropped++;
                (_sent, _refusal) = (0, null);
                bytes += snapshot?.Requests.Sum(request => (long)request.Length) ?? 0;
            }
        }
        catch (ForwardingException failure)
        {
            fault = failure.Message;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            fault = $"{sender.Receiver} did not answer in time";
        }
        fault ??= buffer.Fault is { } reason ? $"{settings.Variable} cannot be written: {reason}" : null;
        var forwarded = new Forwarded(sent, bytes, dropped, buffer.Count, LagOf(buffer));
        return fault is null ? forwarded : throw new ForwardingException(fault) { Forwarded = forwarded };
    }

    private async Task SendAsync(BufferedSnapshot snapshot, CancellationToken cancellation)
    {
        for (; _sent < snapshot.Requests.Count; _sent++)
        {
            var refusal = await sender.SendAsync(snapshot.Requests[_sent], snapshot.Encoding, cancellation).ConfigureAwait(false);
            _refusal ??= refusal;
        }
    }

    private TimeSpan LagOf(SnapshotBuffer buffer) =>
        buffer.Count == 0 ? TimeSpan.Zero : time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(buffer.OldestTime);

    private async Task EndAsync(SnapshotBuffer buffer)
    {
        var now = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), buffer.NewestTime + 1);
        var reason = "the time limit was reached";
        try
        {
            await EmptyAsync(buffer, buffer.Add(sender.End(now)), LongestEnd, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ForwardingException fault)
        {
            reason = fault.Message;
        }
        if (buffer.Count == 0 || settings.Directory is not null) return;
        throw new ForwardingException(
            $"{buffer.Count} snapshots could not be sent before the stop and are lost ({reason}); " +
            $"set {settings.Variable} to keep unsent snapshots")
        {
            Forwarded = new(0, 0, Dropped: buffer.Count),
        };
    }
}

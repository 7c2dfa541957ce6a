using System.Threading.Channels;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding;

/// <summary>A forwarder that does what a test says, call by call, and tells when it is called.</summary>
internal sealed class ScriptedForwarder(TimeSpan interval) : IForwarder
{
    private readonly Channel<MetricSnapshot> _calls = Channel.CreateUnbounded<MetricSnapshot>();

    public TimeSpan Interval => interval;

    public bool UsesDetails { get; init; }

    /// <summary>What a call does; by default it sends a snapshot of ten bytes.</summary>
    public Func<CancellationToken, Task<Forwarded>> Next { get; set; } = _ => Task.FromResult(new Forwarded(1, 10));

    public bool IsDisposed { get; private set; }

    public Task<Forwarded> ForwardAsync(MetricSnapshot snapshot, CancellationToken cancellation)
    {
        var answer = Next(cancellation);
        _calls.Writer.TryWrite(snapshot);
        return answer;
    }

    /// <summary>Waits for the next call.</summary>
    public async Task<MetricSnapshot> CalledAsync() =>
        await _calls.Reader.ReadAsync(Xunit.TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>How many calls nobody has waited for.</summary>
    public int Unseen => _calls.Reader.Count;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}

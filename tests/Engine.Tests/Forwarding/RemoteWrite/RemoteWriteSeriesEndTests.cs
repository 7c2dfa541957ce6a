using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>Series end by a stale marker.</summary>
public sealed class RemoteWriteSeriesEndTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new();
    private ScriptedReceiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await ScriptedReceiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_series_that_leaves_the_layout_ends_once_and_the_others_go_on(int version)
    {
        await using var forwarder = Forwarder(version);
        var (before, after) = (Snapshots.LayoutOf("a", "b", "c"), Snapshots.LayoutOf("c", "d"));

        await ForwardAsync(forwarder, before, 1, 2, 3);
        _receiver.Forget();
        await ForwardAsync(forwarder, after, 4, 5);
        await ForwardAsync(forwarder, after, 6, 7);

        Assert.Equal(["a end", "b end", "c 4", "d 5", "c 6", "d 7"], Received());
        Assert.Equal([15_000, 30_000], _receiver.Samples.Select(sample => sample.Time - 1_750_000_015_000).Distinct());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_series_without_a_value_ends_once_and_may_come_back(int version)
    {
        await using var forwarder = Forwarder(version);
        var layout = Snapshots.LayoutOf("a", "b");

        await ForwardAsync(forwarder, layout, MetricSnapshot.Absent, 1);
        await ForwardAsync(forwarder, layout, 2, MetricSnapshot.Absent);
        await ForwardAsync(forwarder, layout, 3, MetricSnapshot.Absent);
        await ForwardAsync(forwarder, layout, 4, 5);

        Assert.Equal(["b 1", "a 2", "b end", "a 3", "a 4", "b 5"], Received());
    }

    [Fact]
    public async Task A_snapshot_that_says_nothing_is_no_request()
    {
        await using var forwarder = Forwarder(2);

        await ForwardAsync(forwarder, Snapshots.LayoutOf("a"), MetricSnapshot.Absent);

        Assert.Empty(_receiver.Requests);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_end_of_the_forwarder_ends_every_series_that_lives(int version)
    {
        var forwarder = Forwarder(version);
        await ForwardAsync(forwarder, Snapshots.LayoutOf("a", "b", "c"), 1, 2, MetricSnapshot.Absent);
        _receiver.Forget();

        await forwarder.DisposeAsync();

        Assert.Equal(["a end", "b end"], Received());
        Assert.All(_receiver.Samples, sample => Assert.Equal(1_750_000_015_001, sample.Time));
    }

    [Fact]
    public async Task What_memory_cannot_send_before_the_end_is_told_as_lost()
    {
        var forwarder = Forwarder(2);
        _receiver.Next(503);
        _receiver.Next(503);
        await Assert.ThrowsAsync<ForwardingException>(() => ForwardAsync(forwarder, Snapshots.LayoutOf("a"), 1));

        var lost = await Assert.ThrowsAsync<ForwardingException>(() => forwarder.DisposeAsync().AsTask());

        Assert.StartsWith("2 snapshots could not be sent before the stop and are lost", lost.Message, StringComparison.Ordinal);
        Assert.EndsWith("set REMOTE_WRITE_BUFFER_DIR to keep unsent snapshots", lost.Message, StringComparison.Ordinal);
        Assert.Equal(2, lost.Forwarded.Dropped);
    }

    private RemoteWriteForwarder Forwarder(int version) =>
        new(new() { Url = _receiver.Url, Protocol = version == 1 ? WriteProtocol.V1 : WriteProtocol.V2 }, _clock);

    private Task<Forwarded> ForwardAsync(RemoteWriteForwarder forwarder, SnapshotLayout layout, params double[] values)
    {
        _clock.Move(forwarder.Interval);
        return forwarder.ForwardAsync(layout.At(_clock, values), TestContext.Current.CancellationToken);
    }

    private IEnumerable<string> Received() =>
        _receiver.Samples.Select(sample => $"{sample.Series.Split('"')[1]} {(sample.IsEnd ? "end" : sample.Value)}");
}

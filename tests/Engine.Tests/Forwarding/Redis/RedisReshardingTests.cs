using GunicornPrometheusExporter.Forwarding.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>The slot of an instance moves from one master of a Cluster to another.</summary>
public sealed class RedisReshardingTests : IAsyncLifetime
{
    private static readonly RedisKeys Keys = new("gunicorn:metrics:");

    private RedisCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await RedisCluster.StartAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Forwarding_and_reading_follow_the_keys_at_every_step_of_the_move()
    {
        await using var store = Store(interval: 10);
        await store.ForwardAsync(1);
        await using var source = new RedisFleetSource(store.Config, isMerged: true);
        var move = await _cluster.BeginMoveAsync(Keys.Snapshot("web1"));
        await store.ForwardAsync(2);
        Assert.Equal(2, await ValueAsync(source));

        await move.MoveKeyAsync(Keys.Counted("web1"));
        var sending = store.ForwardAsync(3);
        Assert.Equal(2, await ValueAsync(source));
        Assert.False(sending.IsCompleted);
        await move.MoveKeyAsync(Keys.Snapshot("web1"));
        Assert.Equal(1, (await sending).Snapshots);
        Assert.Equal(3, await ValueAsync(source));

        await move.EndAsync();
        await store.ForwardAsync(4);
        Assert.Equal(4, await ValueAsync(source));
        Assert.Equal("0", await move.Source.CliAsync("CLUSTER", "COUNTKEYSINSLOT", move.Slot));
    }

    [Fact]
    public async Task A_move_that_does_not_end_is_named_with_its_remedy()
    {
        await using var store = Store(interval: 5);
        await store.ForwardAsync(1);
        var move = await _cluster.BeginMoveAsync(Keys.Snapshot("web1"));
        await move.MoveKeyAsync(Keys.Counted("web1"));

        Assert.EndsWith(
            "has moved some keys of the instance to another node, but not all; if this lasts, complete the move with " +
            "redis-cli --cluster fix.", await store.FailAsync(), StringComparison.Ordinal);

        await move.MoveKeyAsync(Keys.Snapshot("web1"));
        Assert.Equal(1, (await store.ForwardAsync(2)).Snapshots);
    }

    private ForwardedStore Store(int interval) => new(
        1, ("REDIS_URL", $"redis://127.0.0.1:{_cluster.Nodes[0].Port}"), ("REDIS_FORWARD_INTERVAL", $"{interval}"));

    private static async Task<double> ValueAsync(RedisFleetSource source) =>
        Assert.Single((await source.ReadAsync(CancellationToken.None)).Hosts).Snapshot.Values.Span[0];
}

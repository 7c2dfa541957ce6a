using System.Collections.Immutable;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Stacks;
using StackExchange.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

public sealed class ForwardedIncidentsTests : IAsyncLifetime
{
    private static readonly RedisKeys Keys = new("gunicorn:metrics:");

    private RedisServer _server = null!;
    private ConnectionMultiplexer _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_server.Port}");
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_hub_has_those_of_every_host_in_order_of_time_with_the_host(bool isMerged)
    {
        await using var a = Store("a");
        await using var b = Store("b");
        await using var none = Store("none");
        await a.ForwardAsync(1, [Of(2), Of(5) with { Stack = [new("/srv/app.py", 12, "slow")] }]);
        await b.ForwardAsync(1, [Of(3)]);
        await none.ForwardAsync(1, []);
        await b.ForwardAsync(2, [Of(3), Of(4)]);

        var incidents = await ReadAsync(isMerged);

        Assert.Equal(
            [("a", 2), ("b", 3), ("b", 4), ("a", 5)], incidents.Select(incident => (incident.Instance, (int)incident.Time)));
        Assert.Equal([new StackFrame("/srv/app.py", 12, "slow")], incidents[3].Stack!.Value);
    }

    [Fact]
    public async Task They_are_sent_only_when_they_change_and_again_where_the_server_lost_them()
    {
        await using var store = Store("a");
        ImmutableArray<Incident> one = [Of(1)];
        await store.ForwardAsync(1, one);
        var sent = (await store.ForwardAsync(2, [Of(1), Of(2)])).Bytes;
        Assert.InRange((await store.ForwardAsync(3, one = [Of(1)])).Bytes, 20, sent);
        Assert.InRange((await store.ForwardAsync(4, one)).Bytes, 1, 20);
        await _connection.GetDatabase().KeyDeleteAsync([Keys.Snapshot("a"), Keys.Counted("a")]);
        await store.ForwardAsync(5, one);
        Assert.Single(await ReadAsync(isMerged: false));
    }

    [Fact]
    public async Task What_no_exporter_wrote_is_skipped_and_an_old_exporters_host_has_none()
    {
        var redis = _connection.GetDatabase();
        await using var store = Store("a");
        await store.ForwardAsync(1, [Of(1)]);
        foreach (var instance in (string[])["list", "bytes", "bomb", "old"])
        {
            await redis.SortedSetAddAsync(Keys.Index, instance, 1);
            if (instance == "list") await redis.ListLeftPushAsync(Keys.Snapshot(instance), "x");
            else await redis.HashSetAsync(Keys.Snapshot(instance), instance == "old" ? "writer" : "incidents", new byte[] { 1, 255, 255, 127, 3 });
        }
        await redis.HashSetAsync(Keys.Snapshot("bomb"), "incidents", SnapshotCodec.Compress(new byte[1 << 20]));

        Assert.Equal("a", Assert.Single(await ReadAsync(isMerged: false)).Instance);
    }

    [Fact]
    public void The_newest_are_encoded_if_not_all_fit()
    {
        var frame = new StackFrame(new string('x', 500), 1, "f");
        ImmutableArray<Incident> incidents =
            [.. Enumerable.Range(0, 100).Select(time => Of(time) with { Stack = [.. Enumerable.Repeat(frame, 60)] })];
        var decoded = IncidentCodec.Decode(IncidentCodec.Encode(incidents));
        Assert.InRange(decoded.Length, 5, 10);
        Assert.Equal(99, decoded[^1].Time);
    }

    private static Incident Of(double time) => new(time, IncidentKinds.Death) { Pid = (int)time };

    private ForwardedStore Store(string instance) => new(_server.Port, ("GUNICORN_EXPORTER_INSTANCE", instance));

    private async Task<IReadOnlyList<Incident>> ReadAsync(bool isMerged)
    {
        var config = new ExporterConfig(new Dictionary<string, string> { ["REDIS_HOST"] = "127.0.0.1", ["REDIS_PORT"] = $"{_server.Port}" });
        await using var source = new RedisFleetSource(config, isMerged);
        return await source.ReadIncidentsAsync(TestContext.Current.CancellationToken);
    }
}

using System.Globalization;
using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Slots;
using StackExchange.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

public sealed class RedisForwarderTests : IAsyncLifetime
{
    private const string Key = "gunicorn:metrics:web1";
    private static readonly RedisKeys Keys = new("gunicorn:metrics:");

    private RedisServer _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _redis = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{_server.Port}");
        _redis = _connection.GetDatabase();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_snapshot_stands_under_its_instance_for_three_intervals()
    {
        await using var store = new ForwardedStore(_server.Port, ("REDIS_FORWARD_INTERVAL", "20"));

        var forwarded = await store.ForwardAsync(Snapshots.Layout, 1, 2, 36.6, 3, 4, 5.5, 4);

        Assert.Equal(1, forwarded.Snapshots);
        var values = await ForwardedStore.ReadAsync(_redis, Key);
        Assert.Equal(36.6, values["app_temperature"]);
        Assert.Equal(3, values["app_seconds_bucket le=0.5"]);
        Assert.Equal("web1", await _redis.HashGetAsync(Key, "instance"));
        Assert.Equal(1_700_000_000_000, await _redis.HashGetAsync(Key, "time"));
        Assert.InRange((await _redis.KeyTimeToLiveAsync(Key))!.Value, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
        Assert.Equal(1_700_000_000_000, await _redis.SortedSetScoreAsync(Keys.Index, "web1"));
    }

    [Fact]
    public async Task A_steady_store_sends_values_only()
    {
        await using var store = new ForwardedStore(_server.Port);
        var layout = Snapshots.Counters(1000);

        var first = await store.ForwardAsync(layout, new double[1000]);
        var second = await store.ForwardAsync(layout, new double[1000]);

        Assert.InRange(second.Bytes, 1, first.Bytes / 10);
        var before = await CountsAsync();
        await store.ForwardAsync(layout, new double[1000]);
        await store.ForwardAsync(layout, new double[1000]);
        var (connections, scripts, loads) = await CountsAsync();
        // The one connection is that of this test's second question.
        Assert.Equal((before.Connections + 1, before.Scripts + 2, before.Loads), (connections, scripts, loads));
    }

    [Fact]
    public async Task What_a_host_counted_stays_when_its_snapshot_expires()
    {
        await using var store = new ForwardedStore(_server.Port);
        await store.ForwardAsync(42);

        await _redis.KeyDeleteAsync(Key);

        Assert.Equal(42, (await ForwardedStore.ReadAsync(_redis, Keys.Counted("web1")))["app_total i=0"]);
        Assert.Null(await _redis.KeyTimeToLiveAsync(Keys.Counted("web1")));
    }

    [Fact]
    public async Task A_flushed_server_gets_the_layout_anew()
    {
        await using var store = new ForwardedStore(_server.Port);
        await store.ForwardAsync(1);
        await _server.CliAsync("FLUSHALL");
        await _server.CliAsync("SCRIPT", "FLUSH");

        await store.ForwardAsync(2);

        Assert.Equal(2, (await ForwardedStore.ReadAsync(_redis, Key))["app_total i=0"]);
    }

    [Fact]
    public async Task An_exporter_that_restarts_goes_on_with_the_counts_of_its_store()
    {
        await using var store = new ForwardedStore(_server.Port);
        await store.ForwardAsync(5);
        await store.RestartAsync();

        await store.ForwardAsync(6);

        Assert.Equal(6, await CountedAsync());
    }

    [Fact]
    public async Task What_an_exporter_counted_of_itself_is_kept_when_it_restarts()
    {
        await using var store = new ForwardedStore(_server.Port);
        var own = Snapshots.Counters(1, "gunicorn_exporter_corrupt_files_total");
        await store.ForwardAsync(own, 5);
        await store.RestartAsync();

        await store.ForwardAsync(own, 1);

        Assert.Equal(6, await CountedAsync("gunicorn_exporter_corrupt_files_total i=0"));
    }

    [Fact]
    public async Task The_counts_of_stores_that_began_anew_add_up()
    {
        await using var store = new ForwardedStore(_server.Port);
        for (var generation = 1; generation <= 3; generation++)
        {
            await store.ForwardAsync(10);
            await store.ForwardAsync(10 * generation);
            StoreIncarnation.Renew(store.Path);
            await store.RestartAsync();
        }

        await store.ForwardAsync(1);

        Assert.Equal(10 + 20 + 30 + 1, await CountedAsync());
    }

    [Fact]
    public async Task A_snapshot_that_was_read_while_the_store_began_anew_is_left_out()
    {
        await using var store = new ForwardedStore(_server.Port);
        await store.ForwardAsync(10);
        StoreIncarnation.Renew(store.Path);

        Assert.Equal(0, (await store.ForwardAsync(3)).Snapshots);
        await store.ForwardAsync(1);

        Assert.Equal(11, await CountedAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_command_that_is_carried_out_late_changes_nothing(bool isOfAnEarlierExporter)
    {
        await using var store = new ForwardedStore(_server.Port);
        await store.ForwardAsync(1);
        var late = await _redis.HashGetAsync(Key, [SnapshotFields.Incarnation, SnapshotFields.Writer, SnapshotFields.Sequence, SnapshotFields.LayoutId]);
        if (isOfAnEarlierExporter) await store.RestartAsync();
        await store.ForwardAsync(2);

        await _redis.ScriptEvaluateAsync(
            RedisScript.Store, [Key, Keys.Counted("web1")],
            [
                90_000, "", "", "", "", SnapshotFields.Incarnation, late[0], SnapshotFields.Writer, late[1], SnapshotFields.Sequence, late[2],
                SnapshotFields.LayoutId, late[3], SnapshotFields.Values, SnapshotCodec.EncodeValues([1]),
            ]);

        Assert.Equal(2, (await ForwardedStore.ReadAsync(_redis, Key))["app_total i=0"]);
        Assert.Equal(2, await CountedAsync());
    }

    [Fact]
    public async Task The_base_of_a_histogram_has_its_samples_together_with_the_buckets_in_order()
    {
        await using var store = new ForwardedStore(_server.Port);
        await store.ForwardAsync(Snapshots.Layout, 1, 2, 36.6, 3, 4, 5.5, 4);
        StoreIncarnation.Renew(store.Path);
        await store.RestartAsync();
        await store.ForwardAsync(Snapshots.Layout, 1, 0, 20, 1, 1, 0.25, 1);

        var held = await _redis.HashGetAsync(Keys.Counted("web1"), [SnapshotFields.BaseLayoutId, SnapshotFields.BaseLayout]);
        var layout = SnapshotCodec.DecodeLayout((byte[]?)held[1], (string)held[0]!);

        Assert.Equal(["app_requests_total", "app_seconds"], layout.Families.Select(family => family.Name));
        Assert.Equal(
            ["app_seconds_bucket le=0.5", "app_seconds_bucket le=+Inf", "app_seconds_sum", "app_seconds_count"],
            layout.Families[1].Samples.Select(sample => sample.Name + string.Concat(sample.Labels.Select(label => $" {label.Name}={label.Value}"))));
        Assert.Equal(5.75, await CountedAsync("app_seconds_sum"));
    }

    [Fact]
    public async Task Two_stores_of_one_name_do_not_add_to_each_other()
    {
        await using var store = new ForwardedStore(_server.Port);
        await using var other = new ForwardedStore(_server.Port);
        await store.ForwardAsync(10);

        var message = await other.FailAsync();
        await store.ForwardAsync(11);

        Assert.Contains("set GUNICORN_EXPORTER_INSTANCE to a unique name", message, StringComparison.Ordinal);
        Assert.Equal(11, await CountedAsync());
    }

    [Fact]
    public async Task A_host_that_comes_back_with_a_new_store_follows_the_one_that_fell_silent()
    {
        await using var store = new ForwardedStore(_server.Port);
        await using var other = new ForwardedStore(_server.Port);
        await store.ForwardAsync(10);
        await _redis.KeyDeleteAsync(Key);

        await other.ForwardAsync(5);

        Assert.Equal(15, await CountedAsync());
    }

    [Fact]
    public async Task A_key_that_others_wrote_is_named_and_left_alone()
    {
        await using var store = new ForwardedStore(_server.Port);
        await _redis.StringSetAsync(Key, "theirs");

        var message = await store.FailAsync();

        Assert.Contains("REDIS_KEY_PREFIX", message, StringComparison.Ordinal);
        Assert.Equal("theirs", await _redis.StringGetAsync(Key));
    }

    [Fact]
    public async Task Counts_that_others_wrote_are_named_and_left_alone()
    {
        await using var store = new ForwardedStore(_server.Port);
        await _redis.HashSetAsync(Keys.Counted("web1"), [new("incarnation", "x"), new("writer", "y"), new("sequence", "z"), new("layout", "w")]);

        Assert.Contains("REDIS_KEY_PREFIX", await store.FailAsync(), StringComparison.Ordinal);
        Assert.Equal("w", await _redis.HashGetAsync(Keys.Counted("web1"), "layout"));
    }

    /// <summary>How many connections and scripts the server has seen, and how many other calls for scripts.</summary>
    private async Task<(long Connections, long Scripts, long Loads)> CountsAsync()
    {
        var info = await _server.CliAsync("INFO", "everything");
        return (CountOf("total_connections_received:"), CountOf("cmdstat_evalsha:calls="), CountOf("cmdstat_eval:calls="));

        long CountOf(string name) =>
            Regex.Match(info, name + "([0-9]+)") is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>What a merging reader adds up for the instance: the base, then the last snapshot.</summary>
    private async Task<double> CountedAsync(string sample = "app_total i=0")
    {
        var past = await ForwardedStore.ReadAsync(_redis, Keys.Counted("web1"), isBase: true);
        var now = await ForwardedStore.ReadAsync(_redis, Keys.Counted("web1"));
        return past.GetValueOrDefault(sample) + now.GetValueOrDefault(sample);
    }
}

using System.Buffers;
using System.Text;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Engine.Tests.Fleet;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Snapshots;
using StackExchange.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

public sealed class RedisFleetSourceTests : IAsyncLifetime
{
    private static readonly RedisKeys Keys = new("gunicorn:metrics:");

    private readonly MessageList _log = new();
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
    public async Task What_did_not_change_is_the_same_object_and_what_changed_has_the_same_layout()
    {
        await using var a = Store("a");
        await using var b = Store("b");
        await a.ForwardAsync(1);
        await b.ForwardAsync(2);
        await using var source = Source(isMerged: true);
        var first = await ReadAsync(source);
        await b.ForwardAsync(3);
        var second = await ReadAsync(source);
        await b.ForwardAsync(Snapshots.Counters(2), 4, 5);
        var third = await ReadAsync(source);

        Assert.Same(first["a"], second["a"]);
        Assert.Same(first["a"].Snapshot.Layout, first["b"].Snapshot.Layout);
        Assert.Same(first["b"].Snapshot.Layout, second["b"].Snapshot.Layout);
        Assert.Equal([3], second["b"].Snapshot.Values.ToArray());
        Assert.Equal([4, 5], third["b"].Snapshot.Values.ToArray());
        Assert.Same(
            first["a"].Snapshot.Layout.Families[0].Samples[0], third["b"].Snapshot.Layout.Families[0].Samples[0]);
        Assert.True(second["b"].IsLive(TimeProvider.System.GetUtcNow()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Hubs_agree_whenever_they_were_started(bool isMerged)
    {
        await using var a = Store("a");
        await using var b = Store("b");
        await using var earlySource = Source(isMerged);
        var early = new FleetHub(earlySource, isMerged, _log);
        await a.ForwardAsync(Snapshots.Layout, 1, 2, 36.6, 3, 4, 5.5, 4);
        await TextAsync(early);
        await b.ForwardAsync(Snapshots.Layout, 10, 20, 40, 30, 40, 55.25, 40);
        StoreIncarnation.Renew(b.Path);
        await b.RestartAsync();
        await b.ForwardAsync(Snapshots.Layout, 0, 1, 41, 0, 1, 0.125, 1);
        await using var lateSource = Source(isMerged);
        var late = new FleetHub(lateSource, isMerged, _log);

        var text = await TextAsync(late);

        Assert.Equal(TestHub.HostLines(text), TestHub.HostLines(await TextAsync(early)));
        var post = isMerged ? "app_requests_total{method=POST,route=/}" : "app_requests_total{instance=b,method=POST,route=/}";
        Assert.Equal(isMerged ? 23 : 1, ExpositionText.Parse(text).Samples[post]);
    }

    [Fact]
    public async Task A_bucket_that_only_later_stores_of_a_host_have_does_not_decrease_when_the_next_one_begins()
    {
        await using var store = Store("a");
        await using var source = Source(isMerged: true);
        var hub = new FleetHub(source, true, _log);
        await store.ForwardAsync(Buckets("0.5", "+Inf"), 3, 4);
        StoreIncarnation.Renew(store.Path);
        await store.RestartAsync();
        await store.ForwardAsync(Buckets("0.5", "0.75", "+Inf"), 1, 2, 2);
        var before = ExpositionText.Parse(await TextAsync(hub)).Samples;
        StoreIncarnation.Renew(store.Path);
        await store.RestartAsync();
        await store.ForwardAsync(Buckets("0.5", "0.75", "+Inf"), 0, 0, 0);
        var after = ExpositionText.Parse(await TextAsync(hub)).Samples;

        foreach (var samples in (Dictionary<string, double>[])[before, after])
        {
            Assert.Equal((4, 5), (samples["app_seconds_bucket{le=0.5}"], samples["app_seconds_bucket{le=0.75}"]));
            Assert.Equal(6, samples["app_seconds_count{}"]);
        }

        static SnapshotLayout Buckets(params string[] bounds) => new(
        [
            new("app_seconds", MetricType.Histogram, GaugeMode.All, "Latency",
                [.. bounds.Select(bound => Snapshots.Sample("app_seconds_bucket", ("le", bound)))]),
        ]);
    }

    [Fact]
    public async Task A_host_that_is_gone_vanishes_and_what_it_counted_stays()
    {
        await using var a = Store("a");
        await using var b = Store("b");
        var clock = new TestClock { Now = TimeProvider.System.GetUtcNow() };
        await using var apart = Source(isMerged: false, clock);
        await using var merged = Source(isMerged: true, clock);
        var (apartHub, mergedHub) = (new FleetHub(apart, false, _log, clock), new FleetHub(merged, true, _log, clock));
        await a.ForwardAsync(Snapshots.Layout, 1, 2, 36.6, 3, 4, 5.5, 4);
        await b.ForwardAsync(Snapshots.Layout, 10, 20, 40, 30, 40, 55.25, 40);
        Assert.Contains("app_temperature{instance=b}", ExpositionText.Parse(await TextAsync(apartHub)).Order);
        await TextAsync(mergedHub);
        await _redis.KeyExpireAsync(Keys.Snapshot("b"), TimeSpan.FromMilliseconds(1));
        await Task.Delay(50);
        clock.Now += TimeSpan.FromHours(1);
        await a.ForwardAsync(Snapshots.Layout, 1, 2, 36.6, 3, 4, 5.5, 4);

        var apartText = ExpositionText.Parse(await TextAsync(apartHub));
        await using var fresh = Source(isMerged: true);
        var mergedText = ExpositionText.Parse(await TextAsync(new FleetHub(fresh, true, _log)));

        Assert.Equal(22, ExpositionText.Parse(await TextAsync(mergedHub)).Samples["app_requests_total{method=POST,route=/}"]);
        Assert.DoesNotContain(apartText.Order, name => name.Contains("instance=b", StringComparison.Ordinal));
        Assert.Contains("app_temperature{instance=a}", apartText.Order);
        Assert.Equal(22, mergedText.Samples["app_requests_total{method=POST,route=/}"]);
        Assert.Equal(44, mergedText.Samples["app_seconds_count{}"]);
        Assert.Equal(36.6, mergedText.Samples["app_temperature{}"]);
    }

    [Fact]
    public async Task What_others_wrote_and_what_cannot_be_read_is_skipped_and_named()
    {
        await using var a = Store("a");
        await using var b = Store("b");
        await a.ForwardAsync(1);
        await b.ForwardAsync(2);
        await _redis.HashSetAsync(Keys.Counted("b"), SnapshotFields.Values, "\u0001nonsense");
        await _redis.ListLeftPushAsync(Keys.Counted("list"), "x");
        await _redis.HashSetAsync(Keys.Counted("hash"), "x", "y");
        foreach (var foreign in (string[])["list", "hash", "none"]) await _redis.SortedSetAddAsync(Keys.Index, foreign, 1);
        await using var source = Source(isMerged: true);

        var reading = await source.ReadAsync(CancellationToken.None);

        Assert.Equal(["a"], reading.Hosts.Select(host => host.Instance));
        Assert.Equal(
            [
                (Keys.Counted("b"), SkipKind.Unreadable), (Keys.Counted("hash"), SkipKind.Foreign), (Keys.Counted("list"), SkipKind.Foreign),
            ],
            reading.Skipped.Select(entry => (entry.Name, entry.Kind)).OrderBy(entry => entry.Name, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_host_that_is_written_while_it_is_read_is_not_skipped(bool isMerged)
    {
        await using var a = Store("a");
        await a.ForwardAsync(1);
        var key = isMerged ? Keys.Counted("a") : Keys.Snapshot("a");
        await _redis.KeyCopyAsync(key, "copy");
        await using var source = Source(isMerged);
        var skipped = new List<SkippedEntry>();
        for (var i = 0; i < 300; i++)
        {
            await _redis.KeyDeleteAsync(key);
            var (start, pause) = (TimeProvider.System.GetTimestamp(), TimeSpan.FromMicroseconds(10 * (i % 100)));
            var written = Task.Run(() =>
            {
                SpinWait.SpinUntil(() => TimeProvider.System.GetElapsedTime(start) >= pause);
                return _redis.KeyCopyAsync("copy", key);
            });
            do skipped.AddRange((await source.ReadAsync(CancellationToken.None)).Skipped);
            while (!written.IsCompleted);
        }

        Assert.Empty(skipped);
    }

    [Fact]
    public async Task A_host_with_an_impossible_interval_is_skipped()
    {
        await using var a = Store("a");
        await using var b = Store("b");
        await a.ForwardAsync(1);
        await b.ForwardAsync(2);
        await _redis.HashDeleteAsync(Keys.Snapshot("b"), SnapshotFields.TimeToLive);
        await _redis.HashSetAsync(Keys.Snapshot("b"), SnapshotFields.Interval, (1L << 45) - 1);
        await using var source = Source(isMerged: false);

        var reading = await source.ReadAsync(CancellationToken.None);

        Assert.Equal(["a"], reading.Hosts.Select(host => host.Instance));
        Assert.Equal((Keys.Snapshot("b"), SkipKind.Unreadable), Assert.Single(reading.Skipped.Select(entry => (entry.Name, entry.Kind))));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Nothing_decreases_when_a_replica_takes_over_that_lacks_the_newest_snapshot(bool isMerged, bool isOfAnotherExporter)
    {
        await using var a = Store("a");
        await using var source = Source(isMerged);
        await a.ForwardAsync(1);
        await source.ReadAsync(CancellationToken.None);
        RedisKey[] keys = [Keys.Counted("a"), Keys.Snapshot("a")];
        var replicated = await Task.WhenAll(keys.Select(key => _redis.KeyDumpAsync(key)));
        if (isOfAnotherExporter)
        {
            StoreIncarnation.Renew(a.Path);
            await a.RestartAsync();
        }
        await a.ForwardAsync(2);
        var newest = await ReadAsync(source);

        await _redis.KeyDeleteAsync(keys);
        foreach (var (key, bytes) in keys.Zip(replicated)) await _redis.KeyRestoreAsync(key, bytes!, TimeSpan.FromMinutes(1));
        Assert.Same(newest["a"], (await ReadAsync(source))["a"]);
        await _redis.KeyDeleteAsync([.. keys, Keys.Index]);
        Assert.Same(newest["a"], (await ReadAsync(source))["a"]);

        await a.ForwardAsync(3);
        var next = await ReadAsync(source);
        Assert.Equal([3], next["a"].Snapshot.Values.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_cannot_be_read_any_more_stays_as_it_was_read_last(bool isForeign)
    {
        await using var a = Store("a");
        await a.ForwardAsync(1);
        await using var source = Source(isMerged: true);
        var first = await ReadAsync(source);
        await a.ForwardAsync(2);
        if (isForeign) await _redis.KeyDeleteAsync(Keys.Counted("a"));
        await _redis.HashSetAsync(Keys.Counted("a"), isForeign ? "x" : SnapshotFields.Values, "\u0001nonsense");

        var second = await source.ReadAsync(CancellationToken.None);

        Assert.Same(first["a"], Assert.Single(second.Hosts));
        Assert.Single(second.Skipped);
    }

    [Fact]
    public async Task An_index_of_others_is_told_in_one_sentence()
    {
        await _redis.StringSetAsync(Keys.Index, "x");
        await using var source = Source(isMerged: true);

        var failure = await Assert.ThrowsAsync<ForwardingException>(() => source.ReadAsync(CancellationToken.None));

        Assert.Equal(
            $"Redis at 127.0.0.1:{_server.Port} has keys of another application under \"gunicorn:metrics:\"; set REDIS_KEY_PREFIX to an unused prefix.",
            failure.Message);
    }

    [Fact]
    public async Task A_hub_serves_what_it_knows_while_redis_refuses_it_and_goes_on_afterwards()
    {
        await using var a = Store("a");
        await a.ForwardAsync(1);
        await using var source = Source(isMerged: true);
        var hub = new FleetHub(source, true, _log);
        await TextAsync(hub);
        await _server.CliAsync("config", "set", "requirepass", "secret");
        await _server.CliAsync("-a", "secret", "client", "kill", "type", "normal");
        var away = ExpositionText.Parse(await TextAsync(hub));
        await _server.CliAsync("-a", "secret", "config", "set", "requirepass", "");
        var back = ExpositionText.Parse(await TextAsync(hub));

        Assert.Equal((0, 1), (away.Samples["gunicorn_hub_source_up{}"], away.Samples["app_total{i=0}"]));
        Assert.Equal((1, 1), (back.Samples["gunicorn_hub_source_up{}"], back.Samples["app_total{i=0}"]));
        Assert.Equal(3, _log.Messages.Count);
        Assert.StartsWith("reading the hosts' snapshots failed, serving the last ones until they expire: Redis at ", _log.Messages[1], StringComparison.Ordinal);
        Assert.DoesNotContain(_log.Messages, message => message.Contains("secret", StringComparison.Ordinal));
    }

    private ForwardedStore Store(string instance) => new(_server.Port, ("GUNICORN_EXPORTER_INSTANCE", instance));

    private RedisFleetSource Source(bool isMerged, TimeProvider? clock = null) => new(
        new ExporterConfig(new Dictionary<string, string> { ["REDIS_HOST"] = "127.0.0.1", ["REDIS_PORT"] = $"{_server.Port}" }), isMerged,
        clock: clock);

    private static async Task<Dictionary<string, HostSnapshot>> ReadAsync(RedisFleetSource source) =>
        (await source.ReadAsync(CancellationToken.None)).Hosts.ToDictionary(host => host.Instance);

    private static async Task<string> TextAsync(FleetHub hub)
    {
        await hub.RefreshAsync();
        var output = new ArrayBufferWriter<byte>();
        hub.Write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}

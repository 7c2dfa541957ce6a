using System.Buffers;
using System.Text;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Fleet;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Incidents;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>Several hubs with a name that read the same Redis.</summary>
public sealed class SharedFleetTests : IAsyncLifetime
{
    private const int Hosts = 24;
    private static readonly RedisKeys Keys = new("gunicorn:metrics:");
    private static readonly string[] Instances = [.. Enumerable.Range(1, Hosts).Select(host => $"host-{host:00}")];

    private readonly MessageList _log = new();
    private readonly List<IAsyncDisposable> _owned = [];
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        foreach (var (index, instance) in Instances.Index())
        {
            var store = new ForwardedStore(_server.Port, ("GUNICORN_EXPORTER_INSTANCE", instance));
            _owned.Add(store);
            await store.ForwardAsync(index + 1, []);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned) await owned.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    public async Task Each_host_is_at_exactly_one_hub(int hubs, bool isMerged)
    {
        var sources = Enumerable.Range(1, hubs).Select(hub => Source($"hub-{hub}", isMerged)).ToArray();
        // A hub shares its hosts with those that started before its read.
        foreach (var source in sources) await InstancesOfAsync(source);

        var shares = await Task.WhenAll(sources.Select(InstancesOfAsync));

        Assert.Equal(Instances, shares.SelectMany(share => share).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_hub_that_stops_reading_moves_only_its_hosts()
    {
        var sources = Enumerable.Range(1, 3).Select(hub => Source($"hub-{hub}", isMerged: false)).ToArray();
        foreach (var source in sources) await InstancesOfAsync(source);
        var before = await Task.WhenAll(sources.Select(InstancesOfAsync));
        // Its time is over.
        await _server.CliAsync("ZADD", Keys.Hubs(isMerged: false), "1", "hub-2");

        var after = await Task.WhenAll(InstancesOfAsync(sources[0]), InstancesOfAsync(sources[2]));

        Assert.NotEmpty(before[1]);
        Assert.Subset(after[0].ToHashSet(), before[0].ToHashSet());
        Assert.Subset(after[1].ToHashSet(), before[2].ToHashSet());
        Assert.Equal(Instances, after.SelectMany(share => share).Order(StringComparer.Ordinal));
        Assert.Equal(before[1], (await InstancesOfAsync(sources[1])).Order(StringComparer.Ordinal));
        Assert.Equal(before[0], await InstancesOfAsync(sources[0]));
    }

    [Fact]
    public async Task A_read_fails_if_the_hub_stood_still_between_two_batches_for_longer_than_its_lease()
    {
        await using var source = new RedisFleetSource(Config(), isMerged: true, "hub-1", new SlowClock());
        Assert.Equal(Instances, await InstancesOfAsync(source));
        await _server.CliAsync(["ZADD", Keys.Index, .. Enumerable.Range(1, 250).SelectMany(host => (string[])["1", $"gone-{host}"])]);

        var fault = await Assert.ThrowsAsync<ForwardingException>(() => source.ReadAsync(CancellationToken.None));

        Assert.Equal("the hub stood still for longer than its lease; the next read begins again", fault.Message);
    }

    [Fact]
    public async Task A_hub_keeps_its_hosts_until_the_last_second_of_its_lease_is_over()
    {
        var (source, hubs, isInTime) = (Source("hub-1", isMerged: false), 0, false);
        while (!isInTime)
        {
            var second = await SecondAsync();
            await _server.CliAsync("ZADD", Keys.Hubs(isMerged: false), second, "hub-2");
            await source.ReadAsync(CancellationToken.None);
            hubs = source.Lease!.Share.Hubs;
            isInTime = await SecondAsync() == second;
        }

        Assert.Equal(2, hubs);

        async Task<string> SecondAsync() => (await _server.CliAsync("TIME")).Split('\n')[0];
    }

    [Fact]
    public async Task Hubs_that_merge_share_the_hosts_apart_from_those_that_do_not_and_from_those_without_a_name()
    {
        var (apart, merged) = (Source("hub-1", isMerged: false), Source("hub-2", isMerged: true));
        await using var alone = new RedisFleetSource(Config(), isMerged: true);

        foreach (var source in (RedisFleetSource[])[apart, merged, alone])
        {
            Assert.Equal(Instances, await InstancesOfAsync(source));
        }
    }

    [Fact]
    public async Task The_counts_of_a_host_that_is_gone_are_at_exactly_one_hub_in_the_sum_of_its_shard()
    {
        await _server.CliAsync("DEL", Keys.Snapshot(Instances[4]));
        var sources = Enumerable.Range(1, 3).Select(hub => Source($"hub-{hub}", isMerged: true)).ToArray();
        foreach (var source in sources) await InstancesOfAsync(source);
        var hubs = sources.Select(source => new FleetHub(source, true, _log, isSharing: true)).ToArray();

        var counts = new List<(string Series, double Value)>();
        foreach (var hub in hubs)
        {
            var text = ExpositionText.Parse(await TextAsync(hub));
            counts.AddRange(text.Samples.Where(sample => sample.Key.StartsWith("app_total{", StringComparison.Ordinal))
                .Select(sample => (sample.Key, sample.Value)));
        }

        Assert.Equal(
            Instances.Index().GroupBy(host => HostShard.Of(host.Item))
                .Select(shard => ($"app_total{{i=0,shard={shard.Key}}}", (double)shard.Sum(host => host.Index + 1))).Order(),
            counts.Order());
    }

    [Fact]
    public async Task Each_hub_has_the_incidents_of_its_hosts()
    {
        foreach (var (index, store) in _owned.OfType<ForwardedStore>().Index())
        {
            await store.ForwardAsync(100, [new(index, IncidentKinds.Death) { Pid = index }]);
        }
        var sources = Enumerable.Range(1, 3).Select(hub => Source($"hub-{hub}", isMerged: false)).ToArray();
        foreach (var source in sources) await InstancesOfAsync(source);

        foreach (var source in sources)
        {
            var incidents = await source.ReadIncidentsAsync(CancellationToken.None);
            Assert.Equal(await InstancesOfAsync(source), incidents.Select(incident => incident.Instance).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_user_needs_no_more_rights_than_are_documented()
    {
        await _server.CliAsync(
            "ACL", "SETUSER", "hub", "on", ">secret", "~gunicorn:metrics:*", "~{gunicorn:metrics:*", "+@connection", "+zrange", "+hmget",
            "+pttl", "+exists");
        await using var alone = new RedisFleetSource(Config(("REDIS_URL", $"redis://hub:secret@127.0.0.1:{_server.Port}")), isMerged: false);
        Assert.Equal(Instances, await InstancesOfAsync(alone));
        await _server.CliAsync("ACL", "SETUSER", "hub", "+eval", "+evalsha", "+script|load", "+time", "+zadd", "+zremrangebyscore");
        await using var named = new RedisFleetSource(
            Config(("REDIS_URL", $"redis://hub:secret@127.0.0.1:{_server.Port}")), isMerged: false, "hub-1");
        Assert.Equal(Instances, await InstancesOfAsync(named));
    }

    private RedisFleetSource Source(string hub, bool isMerged)
    {
        var source = new RedisFleetSource(Config(), isMerged, hub);
        _owned.Add(source);
        return source;
    }

    private ExporterConfig Config(params (string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string> { ["REDIS_HOST"] = "127.0.0.1", ["REDIS_PORT"] = $"{_server.Port}" };
        foreach (var (name, value) in variables) all[name] = value;
        return new ExporterConfig(all);
    }

    private static async Task<string[]> InstancesOfAsync(RedisFleetSource source) =>
        [.. (await source.ReadAsync(CancellationToken.None)).Hosts.Select(host => host.Instance).Order(StringComparer.Ordinal)];

    private static async Task<string> TextAsync(FleetHub hub)
    {
        await hub.RefreshAsync();
        var output = new ArrayBufferWriter<byte>();
        hub.Write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>A monotonic clock that is 20 seconds later each time.</summary>
    private sealed class SlowClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds += 20;
    }
}

using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Redis;
using StackExchange.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>Masters are killed and others take over, by Sentinel and in a Cluster.</summary>
public class RedisFailoverTests
{
    [Fact]
    public async Task Forwarding_follows_Sentinel_to_the_new_master()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{master.Port}");
        var configuration =
            $"""
            sentinel monitor mymaster 127.0.0.1 {master.Port} 2
            sentinel down-after-milliseconds mymaster 3000
            sentinel failover-timeout mymaster 2000
            """;
        await using var first = await RedisServer.StartSentinelAsync(configuration);
        await using var second = await RedisServer.StartSentinelAsync(configuration);
        await using var third = await RedisServer.StartSentinelAsync(configuration);
        await UntilAsync(async () => (await first.CliAsync("SENTINEL", "CKQUORUM", "mymaster")).StartsWith("OK 3", StringComparison.Ordinal));
        await UntilAsync(async () => (await first.CliAsync("SENTINEL", "REPLICAS", "mymaster")).Contains($"{replica.Port}", StringComparison.Ordinal));
        await using var store = new ForwardedStore(
            master.Port, ("REDIS_URL", $"redis://127.0.0.1:{first.Port},127.0.0.1:{second.Port},127.0.0.1:{third.Port}"),
            ("REDIS_SENTINEL_SERVICE", "mymaster"), ("REDIS_FORWARD_INTERVAL", "5"));
        await store.ForwardAsync(10);
        await UntilAsync(async () => await replica.CliAsync("EXISTS", "gunicorn:metrics:web1") == "1");

        await master.StopAsync();
        await ForwardInTheEndAsync(store, 12);

        Assert.Equal(12, await ValueAsync(replica.Port));
    }

    [Theory]
    [InlineData("of-the-sentinel", "REDIS_SENTINEL_PASSWORD", "of-the-sentinel", "")]
    [InlineData("of-the-sentinel", "REDIS_SENTINEL_PASSWORD", "wrong", "?sentinel_password=of-the-sentinel")]
    [InlineData("of-the-server", "", "", "")]
    [InlineData("", "", "", "")]
    public async Task Sentinels_may_have_another_password_than_the_server(string password, string variable, string value, string query)
    {
        await using var master = await RedisServer.StartAsync("--requirepass", "of-the-server");
        await using var sentinel = await RedisServer.StartSentinelAsync(
            $"""
            sentinel monitor mymaster 127.0.0.1 {master.Port} 1
            sentinel auth-pass mymaster of-the-server
            {(password.Length > 0 ? $"requirepass {password}" : "")}
            """);
        await using var store = new ForwardedStore(
            1, ("REDIS_URL", $"redis://:of-the-server@127.0.0.1:{sentinel.Port}{query}"), ("REDIS_SENTINEL_SERVICE", "mymaster"),
            (variable, value));

        Assert.Equal(1, (await store.ForwardAsync(7)).Snapshots);
    }

    [Theory]
    [InlineData("redis", "", "of-the-sentinel")]
    [InlineData("sentinel", "?sentinel_username=exporter&sentinel_password=of-the-sentinel", "")]
    public async Task Sentinels_may_have_a_user_with_the_documented_permissions(string scheme, string query, string password)
    {
        await using var master = await RedisServer.StartAsync("--requirepass", "of-the-server");
        await using var sentinel = await RedisServer.StartSentinelAsync(
            $"""
            sentinel monitor mymaster 127.0.0.1 {master.Port} 1
            sentinel auth-pass mymaster of-the-server
            user default off
            user exporter on >of-the-sentinel +@connection +sentinel|get-master-addr-by-name
            """);
        await using var store = new ForwardedStore(
            1, ("REDIS_URL", $"{scheme}://:of-the-server@127.0.0.1:{sentinel.Port}{query}"), ("REDIS_SENTINEL_SERVICE", "mymaster"),
            ("REDIS_SENTINEL_USERNAME", password.Length > 0 ? "exporter" : ""),
            ("REDIS_SENTINEL_PASSWORD", password));

        Assert.Equal(1, (await store.ForwardAsync(7)).Snapshots);
    }

    [Fact]
    public async Task Sentinels_need_the_name_of_the_master()
    {
        await using var store = new ForwardedStore(1, ("REDIS_URL", "sentinel://:hush@127.0.0.1:1"), ("REDIS_FORWARD_INTERVAL", "5"));

        Assert.Equal(
            "REDIS_URL names sentinels, but not their master; set REDIS_SENTINEL_SERVICE to its name", await store.FailAsync());
    }

    [Fact]
    public async Task A_wrong_password_of_the_sentinels_is_named()
    {
        await using var sentinel = await RedisServer.StartSentinelAsync("requirepass of-the-sentinel");
        await using var store = new ForwardedStore(
            1, ("REDIS_URL", $"redis://127.0.0.1:{sentinel.Port}"), ("REDIS_SENTINEL_SERVICE", "mymaster"),
            ("REDIS_SENTINEL_PASSWORD", "hush"), ("REDIS_FORWARD_INTERVAL", "5"));

        var message = await store.FailAsync();

        Assert.Contains("REDIS_SENTINEL_PASSWORD", message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_master_that_Sentinel_does_not_know_is_named()
    {
        await using var sentinel = await RedisServer.StartSentinelAsync("sentinel monitor other 127.0.0.1 1 1");
        await using var store = new ForwardedStore(
            1, ("REDIS_URL", $"redis://127.0.0.1:{sentinel.Port}"), ("REDIS_SENTINEL_SERVICE", "mymaster"));

        Assert.Equal(
            $"Redis at the master \"mymaster\" of the sentinels 127.0.0.1:{sentinel.Port} is unknown to the sentinels; " +
            "check REDIS_SENTINEL_SERVICE", await store.FailAsync());
    }

    [Fact]
    public async Task Forwarding_goes_on_in_a_Cluster_when_the_master_of_its_slot_is_killed()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var store = new ForwardedStore(
            1, ("REDIS_URL", $"redis://127.0.0.1:{cluster.Nodes[0].Port},127.0.0.1:{cluster.Nodes[1].Port}"), ("REDIS_FORWARD_INTERVAL", "3"));
        await store.ForwardAsync(10);
        await store.RestartAsync();
        await store.ForwardAsync(11);

        await (await cluster.MasterOfAsync("gunicorn:metrics:web1")).StopAsync();
        await ForwardInTheEndAsync(store, 12);

        var living = await cluster.MasterOfAsync("gunicorn:metrics:web1");
        Assert.Equal(12, await ValueAsync(living.Port));
        Assert.NotEqual("", await living.CliAsync("-c", "ZSCORE", "gunicorn:metrics:@index", "web1"));
        await using var source = new RedisFleetSource(store.Config, isMerged: true);
        var host = Assert.Single((await source.ReadAsync(CancellationToken.None)).Hosts);
        Assert.Equal([12], host.Snapshot.Values.ToArray());
    }

    [Theory]
    [InlineData("gunicorn:metrics:")]
    [InlineData("fleet{one}:")]
    public async Task The_keys_of_an_instance_are_in_one_slot(string prefix)
    {
        await using var server = await RedisServer.StartAsync("--cluster-enabled", "yes", "--cluster-port", $"{FreePort.Take()}");
        var keys = new RedisKeys(prefix);

        Assert.Equal(
            await server.CliAsync("CLUSTER", "KEYSLOT", keys.Snapshot("web1")), await server.CliAsync("CLUSTER", "KEYSLOT", keys.Counted("web1")));
    }

    /// <summary>Forwards the value until it arrives, as its interval would.</summary>
    private static async Task ForwardInTheEndAsync(ForwardedStore store, double value)
    {
        var failures = new List<string>();
        await UntilAsync(async () =>
        {
            try
            {
                await store.ForwardAsync(value);
                return true;
            }
            catch (ForwardingException e)
            {
                failures.Add(e.Message);
                return false;
            }
        });
        Assert.NotEmpty(failures);
        Assert.All(failures, message => Assert.StartsWith("Redis at ", message, StringComparison.Ordinal));
    }

    private static async Task<double> ValueAsync(int port)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port}");
        return (await ForwardedStore.ReadAsync(connection.GetDatabase(), "gunicorn:metrics:web1"))["app_total i=0"];
    }

    private static Task UntilAsync(Func<Task<bool>> holds) => RedisCluster.UntilAsync(holds);
}

using System.Net.Sockets;
using GunicornPrometheusExporter.Forwarding.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>What can be wrong with a Redis: each is one sentence, in time, and over with the first good connection.</summary>
public class RedisFaultTests
{
    private const string Key = "gunicorn:metrics:web1";

    [Fact]
    public async Task Redis_that_is_away_at_the_start_gets_current_values_once_it_is_there()
    {
        await using var server = await RedisServer.StartAsync();
        await server.StopAsync();
        await using var store = new ForwardedStore(server.Port, ("REDIS_FORWARD_INTERVAL", "5"));

        var message = await store.FailAsync();
        await server.StartAgainAsync();
        await store.ForwardAsync(2);

        Assert.Equal($"Redis at 127.0.0.1:{server.Port} cannot be reached: Connection refused.", message);
        Assert.Equal(2, await ValueAsync(server));
    }

    [Fact]
    public async Task Redis_that_goes_away_and_comes_back_empty_gets_current_values()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(server.Port, ("REDIS_FORWARD_INTERVAL", "5"));
        await store.ForwardAsync(1);
        await server.StopAsync();

        var message = await store.FailAsync();
        await server.StartAgainAsync();
        await store.ForwardAsync(3);

        Assert.Contains("cannot be reached", message, StringComparison.Ordinal);
        Assert.Equal(3, await ValueAsync(server));
    }

    [Fact]
    public async Task Redis_that_stands_still_is_given_up_within_the_interval_and_what_it_does_late_changes_nothing()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(server.Port, ("REDIS_FORWARD_INTERVAL", "1"));
        await ForwardInTheEndAsync(store, 1);

        server.Signal("STOP");
        var message = await store.FailAsync();
        var again = await store.FailAsync();
        server.Signal("CONT");
        await ForwardInTheEndAsync(store, 3);

        Assert.Equal($"Redis at 127.0.0.1:{server.Port} did not answer within 0.9 s; check its load and the network.", message);
        Assert.Equal(message, again);
        Assert.Equal(3, await ValueAsync(server));
    }

    [Fact]
    public async Task A_server_on_a_socket_is_reached()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await RedisServer.StartAsync("--unixsocket", directory["redis.sock"], "--requirepass", "secret");
        await using var store = new ForwardedStore(1, ("REDIS_URL", $"unix://:secret@{directory["redis.sock"]}?db=3"));

        Assert.Equal(1, (await store.ForwardAsync(8)).Snapshots);

        Assert.Equal("1", await server.CliAsync("-a", "secret", "-n", "3", "EXISTS", "gunicorn:metrics:web1"));
    }

    [Fact]
    public async Task Redis_that_is_full_says_so()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "noeviction");
        await using var store = new ForwardedStore(server.Port);
        await store.ForwardAsync(1);
        await server.CliAsync("CONFIG", "SET", "maxmemory", "1");

        Assert.Equal($"Redis at 127.0.0.1:{server.Port} is full; raise its maxmemory.", await store.FailAsync());

        await server.CliAsync("CONFIG", "SET", "maxmemory", "0");
        await store.ForwardAsync(4);
        Assert.Equal(4, await ValueAsync(server));
    }

    [Fact]
    public async Task Redis_that_became_a_replica_says_so()
    {
        await using var master = await RedisServer.StartAsync();
        await using var server = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(server.Port, ("REDIS_FORWARD_INTERVAL", "5"));
        await store.ForwardAsync(1);
        await server.CliAsync("REPLICAOF", "127.0.0.1", $"{master.Port}");

        Assert.Contains("is a read-only replica", await store.FailAsync(), StringComparison.Ordinal);
        Assert.Contains("is a read-only replica", await store.FailAsync(), StringComparison.Ordinal);

        await server.CliAsync("REPLICAOF", "NO", "ONE");
        await store.ForwardAsync(5);
        Assert.Equal(5, await ValueAsync(server));
    }

    [Fact]
    public async Task Redis_with_too_few_replicas_says_so()
    {
        await using var server = await RedisServer.StartAsync("--min-replicas-to-write", "1");
        await using var store = new ForwardedStore(server.Port);

        Assert.Contains("rejects writes because too few replicas are connected", await store.FailAsync(), StringComparison.Ordinal);

        await server.CliAsync("CONFIG", "SET", "min-replicas-to-write", "0");
        await store.ForwardAsync(6);
        Assert.Equal(6, await ValueAsync(server));
    }

    [Fact]
    public async Task A_password_that_was_changed_is_told_without_it()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "first-secret");
        await using var store = new ForwardedStore(server.Port, ("REDIS_PASSWORD", "first-secret"), ("REDIS_FORWARD_INTERVAL", "5"));
        await store.ForwardAsync(1);
        await server.CliAsync("-a", "first-secret", "CONFIG", "SET", "requirepass", "second-secret");
        await server.CliAsync("-a", "second-secret", "CLIENT", "KILL", "TYPE", "normal");

        var messages = new[] { await store.FailAsync(), await store.FailAsync() };

        Assert.All(messages, message => Assert.Contains("check REDIS_USERNAME and REDIS_PASSWORD", message, StringComparison.Ordinal));
        await store.RestartAsync(("REDIS_PASSWORD", "second-secret"));
        await store.ForwardAsync(7);
        Assert.Equal(7, await ValueAsync(server, "second-secret"));
    }

    [Theory]
    [InlineData("REDIS_DB", "99")]
    [InlineData("REDIS_URL", "redis://127.0.0.1:{port}/99")]
    public async Task A_database_that_the_server_has_not_is_named(string variable, string value)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(
            server.Port, (variable, value.Replace("{port}", $"{server.Port}", StringComparison.Ordinal)), ("REDIS_FORWARD_INTERVAL", "5"));

        var message = await store.FailAsync();

        Assert.Equal(
            $"Redis at 127.0.0.1:{server.Port} has no database 99; set REDIS_DB, or the end of REDIS_URL, to an existing one.", message);
    }

    [Fact]
    public async Task A_database_is_the_one_that_is_named()
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(server.Port, ("REDIS_URL", $"redis://127.0.0.1:{server.Port}/3"), ("REDIS_DB", "0"));

        await store.ForwardAsync(1);

        Assert.Equal("1", await server.CliAsync("-n", "3", "EXISTS", Key));
        Assert.Equal("0", await server.CliAsync("EXISTS", Key));
    }

    [Fact]
    public async Task A_user_needs_no_more_rights_than_are_documented()
    {
        await using var server = await RedisServer.StartAsync();
        await server.CliAsync(
            "ACL", "SETUSER", "exporter", "on", ">secret", "~gunicorn:metrics:*", "~{gunicorn:metrics:*", "+@connection", "+eval", "+evalsha",
            "+script|load", "+hset", "+hget", "+hmget", "+pttl", "+pexpire", "+zadd");
        await using var store = new ForwardedStore(server.Port, ("REDIS_URL", $"redis://exporter:secret@127.0.0.1:{server.Port}"));
        await store.ForwardAsync(1);
        await store.RestartAsync();
        await store.ForwardAsync(2);
        Assert.Equal(2, await ValueAsync(server));

        await server.CliAsync("ACL", "SETUSER", "exporter", "-zadd");
        var message = await store.FailAsync();

        Assert.Contains("does not permit it", message, StringComparison.Ordinal);
        Assert.Contains("zadd", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_the_library_canceled_is_not_the_cause()
    {
        using var watch = new ConnectionWatch();
        foreach (var error in (SocketError[])[SocketError.OperationAborted, SocketError.ConnectionReset])
        {
            watch.Log(LogLevel.Warning, default, "", new SocketException((int)error), (text, _) => text);
        }

        var cause = Assert.IsType<SocketException>(await watch.CauseAsync(CancellationToken.None));

        Assert.Equal(SocketError.ConnectionReset, cause.SocketErrorCode);
    }

    [Fact]
    public async Task A_host_that_is_none_is_named()
    {
        await using var store = new ForwardedStore(6379, ("REDIS_HOST", "no-such-host.invalid"), ("REDIS_FORWARD_INTERVAL", "3"));

        Assert.StartsWith("Redis at no-such-host.invalid:6379 cannot be reached: ", await store.FailAsync(), StringComparison.Ordinal);
    }

    /// <summary>Forwards the value until it arrives, because an interval of a second may be too short for a busy machine.</summary>
    private static Task ForwardInTheEndAsync(ForwardedStore store, double value) =>
        RedisCluster.UntilAsync(async () => await Record.ExceptionAsync(() => store.ForwardAsync(value)) is null);

    private static async Task<double> ValueAsync(RedisServer server, string? password = null)
    {
        var options = new ConfigurationOptions { EndPoints = { { "127.0.0.1", server.Port } }, Password = password };
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        return (await ForwardedStore.ReadAsync(connection.GetDatabase(), Key))["app_total i=0"];
    }
}

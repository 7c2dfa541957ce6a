using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>How long the snapshot of an exporter that stopped stays in Redis.</summary>
public class RedisTimeToLiveTests
{
    private const string Key = "gunicorn:metrics:web1";

    [Theory]
    [InlineData("REDIS_FORWARD_INTERVAL", "5", 15)]
    [InlineData("REDIS_TTL_SECONDS", "300", 300)]
    [InlineData("REDIS_TTL_SECONDS", "1", 60)]
    [InlineData("REDIS_TTL_DISABLED", "true", 3650 * 24 * 3600)]
    public async Task The_settings_say_how_long(string variable, string value, long seconds)
    {
        await using var server = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(server.Port, (variable, value));
        await store.ForwardAsync(1);

        Assert.InRange(long.Parse(await server.CliAsync("TTL", Key), null), seconds - 10, seconds);
    }
}

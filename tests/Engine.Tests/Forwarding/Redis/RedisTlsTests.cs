using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

public sealed class RedisTlsTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.StartAsync(_certificates.ServerArguments);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task A_server_that_the_authority_vouches_for_is_trusted()
    {
        await using var byUrl = Store(("REDIS_URL", $"rediss://127.0.0.1:{_server.Port}"), ("REDIS_CA_FILE", _certificates.AuthorityFile));
        await using var byVariables = Store(
            ("REDIS_SSL", "true"), ("REDIS_CA_FILE", _certificates.AuthorityFile), ("GUNICORN_EXPORTER_INSTANCE", "web2"));

        Assert.Equal(1, (await byUrl.ForwardAsync(1)).Snapshots);
        Assert.Equal(1, (await byVariables.ForwardAsync(1)).Snapshots);
    }

    [Fact]
    public async Task A_server_that_nobody_vouches_for_is_refused()
    {
        await using var store = Store(("REDIS_SSL", "true"));

        Assert.Contains("certificate", await store.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_another_name_is_refused()
    {
        await using var store = Store(("REDIS_URL", $"rediss://localhost:{_server.Port}"), ("REDIS_CA_FILE", _certificates.AuthorityFile));

        Assert.Contains("certificate", await store.FailAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "which does not exist")]
    [InlineData("no certificate", "which has no certificate")]
    public async Task A_file_without_certificates_is_named(string? content, string fault)
    {
        var file = _certificates.AuthorityFile + ".other";
        if (content is not null) await File.WriteAllTextAsync(file, content);
        await using var store = Store(("REDIS_SSL", "true"), ("REDIS_CA_FILE", file));

        Assert.StartsWith($"REDIS_CA_FILE is \"{file}\", {fault}", await store.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_file_of_the_URLs_query_is_named_as_such()
    {
        await using var store = Store(("REDIS_URL", $"rediss://127.0.0.1:{_server.Port}?ssl_ca_certs=/nowhere"));

        Assert.StartsWith("ssl_ca_certs in REDIS_URL is \"/nowhere\", which does not exist", await store.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_is_not_verified_if_the_URL_says_so()
    {
        await using var store = Store(("REDIS_URL", $"rediss://localhost:{_server.Port}?ssl_cert_reqs=none"));

        Assert.Equal(1, (await store.ForwardAsync(1)).Snapshots);
    }

    [Fact]
    public async Task A_server_without_TLS_is_given_up_in_time()
    {
        await using var plain = await RedisServer.StartAsync();
        await using var store = new ForwardedStore(plain.Port, ("REDIS_SSL", "true"), ("REDIS_FORWARD_INTERVAL", "1"));

        Assert.StartsWith($"Redis at 127.0.0.1:{plain.Port} ", await store.FailAsync(), StringComparison.Ordinal);
    }

    private ForwardedStore Store(params (string Name, string Value)[] variables) =>
        new(_server.Port, [("REDIS_FORWARD_INTERVAL", "3"), .. variables]);
}

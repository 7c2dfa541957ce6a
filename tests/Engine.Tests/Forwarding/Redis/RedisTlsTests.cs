using System.Net.Sockets;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding.Redis;
using StackExchange.Redis;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

public sealed class RedisTlsTests : IAsyncLifetime
{
    // A connection that fails takes most of the interval.
    private static readonly (string Name, string Value) Soon = ("REDIS_FORWARD_INTERVAL", "3");

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
        await using var store = Store(Soon, ("REDIS_SSL", "true"));

        Assert.Contains("certificate", await store.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_of_another_name_is_refused()
    {
        await using var store = Store(
            Soon, ("REDIS_URL", $"rediss://localhost:{_server.Port}"), ("REDIS_CA_FILE", _certificates.AuthorityFile));

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
    public async Task A_server_of_another_name_is_trusted_if_the_URL_says_so()
    {
        var url = $"rediss://localhost:{_server.Port}?ssl_check_hostname=False";
        await using var trusting = Store(("REDIS_URL", url), ("REDIS_CA_FILE", _certificates.AuthorityFile));
        await using var distrusting = Store(Soon, ("REDIS_URL", url));

        Assert.Equal(1, (await trusting.ForwardAsync(1)).Snapshots);
        Assert.Contains("certificate", await distrusting.FailAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_demands_a_certificate_gets_it()
    {
        await using var server = await RedisServer.StartAsync(
            [.. _certificates.ServerArguments[..^1], "yes", "--user", "exporter", "on", ">a:b@c", "~*", "&*", "+@all"]);
        var both = _certificates.CertificateFile + ".both";
        await File.WriteAllTextAsync(
            both, await File.ReadAllTextAsync(_certificates.KeyFile) + "\n" + await File.ReadAllTextAsync(_certificates.CertificateFile));
        var url = $"rediss://exporter:a%3Ab%40c@127.0.0.1:{server.Port}?ssl_ca_certs={_certificates.AuthorityFile}";

        await using var byUrl = Store(
            ("REDIS_URL", $"{url}&ssl_certfile={_certificates.CertificateFile}&ssl_keyfile={Uri.EscapeDataString(_certificates.KeyFile)}"));
        await using var byVariables = Store(
            ("REDIS_URL", url), ("REDIS_CERT_FILE", _certificates.CertificateFile), ("REDIS_KEY_FILE", _certificates.KeyFile),
            ("GUNICORN_EXPORTER_INSTANCE", "web2"));
        await using var byOneFile = Store(("REDIS_URL", url), ("REDIS_CERT_FILE", both), ("GUNICORN_EXPORTER_INSTANCE", "web3"));
        await using var without = Store(Soon, ("REDIS_URL", url));

        Assert.Equal(1, (await byUrl.ForwardAsync(1)).Snapshots);
        Assert.Equal(1, (await byVariables.ForwardAsync(1)).Snapshots);
        Assert.Equal(1, (await byOneFile.ForwardAsync(1)).Snapshots);
        var fault = await without.FailAsync();
        Assert.StartsWith($"Redis at 127.0.0.1:{server.Port} ", fault, StringComparison.Ordinal);
        Assert.Contains("REDIS_CERT_FILE", fault, StringComparison.Ordinal);
        Assert.DoesNotContain("a:b@c", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SocketError.ConnectionReset, true)]
    [InlineData(SocketError.Shutdown, true)]
    [InlineData(SocketError.ConnectionRefused, false)]
    public void A_server_that_closes_the_connection_may_demand_a_certificate(SocketError error, bool mayDemand)
    {
        var config = new ExporterConfig(new Dictionary<string, string> { ["REDIS_SSL"] = "true" });
        var failure = new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, "It was not possible to connect");

        var fault = RedisFault.Explain(failure, new SocketException((int)error), config, TimeSpan.FromSeconds(1));

        Assert.Equal(mayDemand, fault!.Message.EndsWith("; set REDIS_CERT_FILE if it demands a certificate.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_or_key_that_cannot_be_used_is_named()
    {
        var (certificate, key) = (_certificates.CertificateFile, _certificates.KeyFile);
        await using var missing = Store(("REDIS_SSL", "true"), ("REDIS_CERT_FILE", certificate), ("REDIS_KEY_FILE", "/nowhere"));
        await using var swapped = Store(("REDIS_SSL", "true"), ("REDIS_CERT_FILE", key), ("REDIS_KEY_FILE", certificate));
        await using var keyless = Store(("REDIS_URL", $"rediss://127.0.0.1:{_server.Port}?ssl_certfile={certificate}"));
        await using var foreign = Store(
            ("REDIS_SSL", "true"), ("REDIS_CERT_FILE", _certificates.AuthorityFile), ("REDIS_KEY_FILE", key));

        Assert.Equal("REDIS_KEY_FILE is \"/nowhere\", which does not exist", await missing.FailAsync());
        Assert.Equal(
            $"REDIS_CERT_FILE is \"{key}\", which has no certificate for the unencrypted key in \"{certificate}\"; " +
            "set both to PEM files that belong together", await swapped.FailAsync());
        Assert.StartsWith($"ssl_certfile in REDIS_URL is \"{certificate}\", which has no certificate for the", await keyless.FailAsync(), StringComparison.Ordinal);
        Assert.StartsWith("REDIS_CERT_FILE is ", await foreign.FailAsync(), StringComparison.Ordinal);
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

    private ForwardedStore Store(params (string Name, string Value)[] variables) => new(_server.Port, variables);
}

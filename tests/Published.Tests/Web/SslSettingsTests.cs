using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

/// <summary>TLS by the settings of <c>prometheus.ssl</c>: as they say, or not at all.</summary>
public sealed class SslSettingsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority = new();

    public SslSettingsTests()
    {
        var (certificate, key) = _authority.Issue("localhost");
        File.WriteAllText(_directory["cert.pem"], certificate);
        File.WriteAllText(_directory["key.pem"], key);
        Directory.CreateDirectory(_directory["ca"]);
        File.WriteAllText(Path.Combine(_directory["ca"], "ca.pem"), _authority.Pem);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("PROMETHEUS_SSL_CLIENT_CAFILE", "ca/ca.pem")]
    [InlineData("PROMETHEUS_SSL_CLIENT_CAPATH", "ca")]
    public async Task Variables_demand_TLS_and_the_certificates_of_clients(string variable, string authorities)
    {
        using var exporter = RunningExporter.Serving(
            _directory.Path, ("PROMETHEUS_SSL_CERTFILE", _directory["cert.pem"]), ("PROMETHEUS_SSL_KEYFILE", _directory["key.pem"]),
            (variable, _directory[authorities]), ("PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED", "true"));
        using var plain = new Visitor(exporter);
        using var stranger = new Visitor(exporter, _authority);
        using var client = new Visitor(exporter, _authority, _authority.Issue("prometheus"));

        Assert.False(await plain.IsWelcomeAsync());
        Assert.False(await stranger.IsWelcomeAsync());
        Assert.True(await client.IsWelcomeAsync());
    }

    [Fact]
    public async Task Check_finds_such_an_exporter()
    {
        (string, string)[] environment =
        [
            ("PROMETHEUS_SSL_CERTFILE", _directory["cert.pem"]), ("PROMETHEUS_SSL_KEYFILE", _directory["key.pem"]),
            ("PROMETHEUS_BIND_ADDRESS", "127.0.0.1"), ("PROMETHEUS_MULTIPROC_DIR", _directory.Path),
        ];
        using var exporter = RunningExporter.Serving(_directory.Path, environment);

        var outcome = await Executable.RunAsync(["check"], [.. environment, ("PROMETHEUS_METRICS_PORT", $"{exporter.Port}")]);

        Assert.DoesNotContain("does not answer", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("no live Gunicorn master", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cert.pem", "", "PROMETHEUS_SSL_KEYFILE (prometheus.ssl.keyfile) is missing, but TLS is demanded; set it")]
    [InlineData("", "key.pem", "PROMETHEUS_SSL_CERTFILE (prometheus.ssl.certfile) is missing, but TLS is demanded; set it")]
    [InlineData("none.pem", "key.pem", "PROMETHEUS_SSL_CERTFILE: DIR/none.pem does not exist; ")]
    [InlineData("cert.pem", "none.pem", "PROMETHEUS_SSL_KEYFILE: DIR/none.pem does not exist; ")]
    [InlineData("key.pem", "key.pem", "PROMETHEUS_SSL_CERTFILE: DIR/key.pem contains no certificate; give one in PEM format")]
    [InlineData("cert.pem", "cert.pem", "PROMETHEUS_SSL_KEYFILE: DIR/cert.pem is not the key of ")]
    public async Task Where_TLS_cannot_be_spoken_nothing_is_served(string certificate, string key, string error)
    {
        var outcome = await Executable.RunAsync(
            ["serve", "--multiproc-dir", _directory.Path, "--web.listen-address", $"127.0.0.1:{FreePort.Take()}"],
            ("PROMETHEUS_SSL_CERTFILE", certificate.Length == 0 ? "" : _directory[certificate]),
            ("PROMETHEUS_SSL_KEYFILE", key.Length == 0 ? "" : _directory[key]));

        Assert.Equal(2, outcome.Status);
        Assert.Contains(
            error.Replace("DIR", _directory.Path.TrimEnd('/'), StringComparison.Ordinal), outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("exporter:\n  prometheus:\n    metrics_port: 9091\n    bind_address: 0.0.0.0\n    multiproc_dir: DIR\n    ssl:\n      enabled: false\n      certfile: null\n      keyfile: ~\n      client_auth_required: false\n  gunicorn: {workers: 2, timeout: 30, keepalive: 2}\n  redis: {enabled: false, host: localhost, port: 6379, db: 0, password: null, key_prefix: gunicorn, ttl_seconds: 300, ttl_disabled: false}\n  cleanup: {db_files: true}\n", false)]
    [InlineData("exporter:\n  prometheus:\n    metrics_port: 9093\n    bind_address: 127.0.0.1\n    multiproc_dir: DIR\n  gunicorn:\n    workers: 4\n    timeout: 60\n    keepalive: 5\n  cleanup:\n    db_files: false\n", false)]
    [InlineData("exporter:\n  prometheus:\n    metrics_port: 9094\n    bind_address: 0.0.0.0\n    multiproc_dir: DIR\n    ssl: {enabled: true, certfile: DIR/cert.pem, keyfile: DIR/key.pem, client_cafile: null, client_capath: null, client_auth_required: false}\n", true)]
    [InlineData("exporter:\n  prometheus:\n    metrics_port: 9095\n    multiproc_dir: DIR\n    ssl:\n      enabled: false\n      certfile: DIR/none.pem\n      keyfile: DIR/none.key\n  redis:\n    enabled: true\n    host: 127.0.0.1\n    port: 1\n    password: null\n    ttl_disabled: true\n", false)]
    [InlineData("exporter:\n  prometheus: {multiproc_dir: DIR, ssl: }\n  gunicorn:\n  redis:\n    ttl_seconds: null\n", false)]
    public async Task A_file_of_the_namesakes_shape_is_read_and_the_figures_are_served(string text, bool isTls)
    {
        await Python.WriteCounterAsync(_directory.Path, "app_orders", 3);
        await File.WriteAllTextAsync(
            _directory["exporter.yml"], text.Replace("DIR", _directory.Path, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        using var exporter = RunningExporter.Serving(_directory.Path, ("GUNICORN_EXPORTER_CONFIG_FILE", _directory["exporter.yml"]));
        using var visitor = isTls ? new Visitor(exporter, _authority) : new Visitor(exporter);

        using var answer = await visitor.GetAsync("/metrics");

        Assert.Contains(
            "app_orders_total 3.0\n", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_programs_variables_are_ignored_with_one_warning_each()
    {
        using var exporter = RunningExporter.Start(
            FreePort.Take(), _directory.Path, ("REDIS_PORT", "tcp://10.96.0.12:6379"), ("PROMETHEUS_METRICS_PORT", "tcp://10.96.0.9:9091"),
            ("GUNICORN_WORKERS", "auto"));

        Assert.Contains("ignoring PROMETHEUS_METRICS_PORT=\"tcp://10.96.0.9:9091\"", exporter.WaitForLine("ignoring"), StringComparison.Ordinal);
        Assert.Contains("ignoring GUNICORN_WORKERS=\"auto\"", exporter.WaitForLine("ignoring"), StringComparison.Ordinal);
        Assert.Contains("ignoring REDIS_PORT=\"tcp://10.96.0.12:6379\"", exporter.WaitForLine("ignoring"), StringComparison.Ordinal);
        exporter.WaitForLine("listening on");
    }
}

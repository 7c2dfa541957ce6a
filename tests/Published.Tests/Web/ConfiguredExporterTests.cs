using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

/// <summary><c>check</c> and <c>top</c> without a target, of an exporter with a web configuration.</summary>
public sealed class ConfiguredExporterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority = new();

    public ConfiguredExporterTests()
    {
        var (certificate, key) = _authority.Issue("metrics.example");
        var (client, clientKey) = _authority.Issue("prometheus");
        foreach (var (name, text) in (IEnumerable<(string, string)>)
            [("cert.pem", certificate), ("key.pem", key), ("client.pem", client), ("client.key", clientKey), ("ca.pem", _authority.Pem)])
        {
            File.WriteAllText(_directory[name], text);
        }
    }

    public void Dispose()
    {
        _directory.Dispose();
        _authority.Dispose();
    }

    [Theory]
    [InlineData("check")]
    [InlineData("top")]
    public async Task The_web_configuration_says_that_it_speaks_TLS_and_the_http_configuration_who_asks(string command)
    {
        using var exporter = Protected("client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem");
        await File.WriteAllTextAsync(
            _directory["http.yml"],
            "basic_auth: {username: ops, password: right-secret}\ntls_config: {cert_file: client.pem, key_file: client.key}\n",
            TestContext.Current.CancellationToken);

        var known = await RunAsync(exporter.Port, command, "--http.config.file", _directory["http.yml"]);
        var unknown = await RunAsync(exporter.Port, command);

        Assert.DoesNotContain("does not answer", known.Output + known.Errors, StringComparison.Ordinal);
        Assert.Contains(command == "top" ? "workers" : "no live Gunicorn master", known.Output, StringComparison.Ordinal);
        Assert.Contains(
            "and the certificates in tls_config of --http.config.file", unknown.Output + unknown.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("right-secret", known.Output + known.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_user_the_remedy_is_the_http_configuration()
    {
        using var exporter = Protected("");

        var outcome = await RunAsync(exporter.Port, "check");

        Assert.Contains(
            "metrics answered with status 401; name a user with access in --http.config.file, or in the URL", outcome.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_server_at_its_address_is_not_given_the_password()
    {
        using var exporter = Protected("");
        await File.WriteAllTextAsync(
            _directory["http.yml"], "authorization: {credentials: right-secret}\n", TestContext.Current.CancellationToken);
        var (certificate, _) = _authority.Issue("metrics.example");
        await File.WriteAllTextAsync(_directory["other.pem"], certificate, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            _directory["web.yml"], "tls_server_config: {cert_file: other.pem, key_file: key.pem}\n", TestContext.Current.CancellationToken);

        var outcome = await RunAsync(exporter.Port, "check", "--http.config.file", _directory["http.yml"]);

        Assert.Contains(" is not trusted (", outcome.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("basic_auth: {user: me}", "http.yml:1:14: basic_auth has no setting \"user\"; did you mean username?")]
    [InlineData("basic_auth: {username: me, password_file: none}", "http.yml:1:28: password_file is \"none\", which does not exist; ")]
    [InlineData("tls_config: {ca_file: key.pem}", "http.yml:1:14: ca_file is \"key.pem\", which contains no certificate")]
    [InlineData("tls_config: {cert_file: cert.pem, key_file: client.key}", "http.yml:1:14: cert_file is \"cert.pem\", which has no matching key; set key_file")]
    public async Task An_http_configuration_that_is_wrong_is_refused_with_the_place(string text, string error)
    {
        await File.WriteAllTextAsync(_directory["http.yml"], text, TestContext.Current.CancellationToken);

        var outcome = await Executable.RunAsync(["check", "127.0.0.1:1", "--http.config.file", _directory["http.yml"]]);

        Assert.Equal(2, outcome.Status);
        Assert.Contains(error, outcome.Errors, StringComparison.Ordinal);
    }

    private Task<Outcome> RunAsync(int port, string command, params string[] options) => Executable.RunAsync(
        [command, .. command == "top" ? ["--interval", "0.1"] : Array.Empty<string>(), .. options],
        ("GUNICORN_EXPORTER_WEB_CONFIG_FILE", _directory["web.yml"]), ("PROMETHEUS_METRICS_PORT", $"{port}"),
        ("PROMETHEUS_BIND_ADDRESS", "127.0.0.1"), ("PROMETHEUS_MULTIPROC_DIR", _directory.Path));

    private RunningExporter Protected(string more)
    {
        File.WriteAllText(
            _directory["web.yml"],
            $"tls_server_config: {{cert_file: cert.pem, key_file: key.pem, {more}}}\n" +
            $"basic_auth_users: {{ops: {BCrypt.Net.BCrypt.HashPassword("right-secret", 4)}}}\n");
        return RunningExporter.Protected(_directory.Path, _directory["web.yml"]);
    }
}

using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

public sealed class WebConfigTests : IDisposable
{
    private const int Usage = 2;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_option_that_is_left_empty_opens_nothing()
    {
        var outcome = await Executable.RunAsync(["serve", "--web.config.file", ""]);

        Assert.Equal(Usage, outcome.Status);
        Assert.Contains("--web.config.file is empty; name a file, or omit the option", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("hub")]
    public async Task The_environment_names_the_file_where_no_option_does(string command)
    {
        var outcome = await Executable.RunAsync([command], ("GUNICORN_EXPORTER_WEB_CONFIG_FILE", _directory["web.yml"]));

        Assert.Equal(Usage, outcome.Status);
        Assert.StartsWith($"error: {_directory["web.yml"]} does not exist; ", LogLines.ErrorsOf(outcome.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve", "basic_auth_usres: {}", "error: DIR/web.yml:1:1: the file has no setting \"basic_auth_usres\"; did you mean basic_auth_users?")]
    [InlineData("hub", "basic_auth_usres: {}", "error: DIR/web.yml:1:1: the file has no setting \"basic_auth_usres\"; did you mean basic_auth_users?")]
    [InlineData("serve", null, "error: DIR/web.yml does not exist; ")]
    [InlineData("serve", "tls_server_config: {cert_file: no.pem, key_file: no.pem}", "error: cert_file: DIR/no.pem does not exist; ")]
    [InlineData("serve", "tls_server_config: {cert: a, key: a}", "error: cert: its value contains no certificate; give one in PEM format")]
    [InlineData("serve", "tls_server_config: {cert_file: cert.pem, key_file: cert.pem}", "error: key_file: DIR/cert.pem is not the key of DIR/cert.pem; ")]
    [InlineData("serve", "tls_server_config: {cert_file: cert.pem, key_file: no.pem}", "error: key_file: DIR/no.pem does not exist; ")]
    [InlineData("serve", "tls_server_config: {cert_file: cert.pem, key_file: key.pem, client_auth_type: RequireAndVerifyClientCert, client_ca_file: key.pem}",
        "error: client_ca_file: DIR/key.pem contains no certificate; give one in PEM format")]
    public async Task A_file_that_cannot_be_used_ends_the_command_with_one_line(string command, string? text, string sentence)
    {
        using var authority = new TestAuthority();
        var (certificate, key) = authority.Issue("localhost");
        await File.WriteAllTextAsync(_directory["cert.pem"], certificate, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_directory["key.pem"], key, TestContext.Current.CancellationToken);
        if (text is not null) await File.WriteAllTextAsync(_directory["web.yml"], text, TestContext.Current.CancellationToken);

        var outcome = await Executable.RunAsync(
            [command, "--web.config.file", _directory["web.yml"], "--web.listen-address", $"127.0.0.1:{FreePort.Take()}"],
            ("PROMETHEUS_MULTIPROC_DIR", _directory.Path));

        Assert.Equal(Usage, outcome.Status);
        var line = Assert.Single(LogLines.ErrorsOf(outcome.Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith(sentence.Replace("DIR", _directory.Path.TrimEnd('/'), StringComparison.Ordinal), line, StringComparison.Ordinal);
    }
}

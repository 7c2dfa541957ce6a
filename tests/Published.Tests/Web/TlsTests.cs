using System.Net;
using System.Security.Authentication;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

public sealed class TlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestAuthority _authority = new();
    private readonly TestAuthority _stranger = new();

    private string WebConfig => _directory["web.yml"];

    public TlsTests() => WriteCertificate();

    public void Dispose()
    {
        _directory.Dispose();
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Theory]
    [InlineData("", SslProtocols.Tls12, true)]
    [InlineData("", SslProtocols.Tls13, true)]
    [InlineData("min_version: TLS13", SslProtocols.Tls12, false)]
    [InlineData("min_version: TLS13", SslProtocols.Tls13, true)]
    [InlineData("max_version: TLS12", SslProtocols.Tls12, true)]
    [InlineData("max_version: TLS12", SslProtocols.Tls13, false)]
    public async Task Only_the_versions_that_are_allowed_are_spoken(string limit, SslProtocols protocol, bool isSpoken)
    {
        using var exporter = Protected(limit);
        using var visitor = new Visitor(exporter, _authority, protocols: protocol);

        Assert.Equal(isSpoken, await visitor.IsWelcomeAsync());
        if (isSpoken) Assert.Equal(protocol, visitor.Protocol);
    }

    [Fact]
    public async Task Plain_text_gets_no_answer()
    {
        using var exporter = Protected();
        using var visitor = new Visitor(exporter);

        Assert.False(await visitor.IsWelcomeAsync());
    }

    [Fact]
    public async Task Top_trusts_the_authority_that_it_is_told_to_trust()
    {
        using var exporter = Protected();
        await File.WriteAllTextAsync(_directory["authority.pem"], _authority.Pem, TestContext.Current.CancellationToken);
        string[] top = ["top", "--interval", "0.1", $"https://localhost:{exporter.Port}"];

        var stranger = await Executable.RunAsync(top);
        var trusted = await Executable.RunAsync(top, ("SSL_CERT_FILE", _directory["authority.pem"]));

        Assert.Equal(1, stranger.Status);
        Assert.Contains(" is not trusted (PartialChain); set ca_file or server_name in tls_config of --http.config.file", stranger.Errors, StringComparison.Ordinal);
        Assert.Equal((0, ""), (trusted.Status, trusted.Errors));
    }

    [Theory]
    [InlineData("true", 2)]
    [InlineData("false", 1)]
    public async Task HTTP_2_is_spoken_unless_it_is_turned_off(string http2, int major)
    {
        using var exporter = Protected("", $"http_server_config: {{http2: {http2}}}\n");
        using var visitor = new Visitor(exporter, _authority);

        using var answer = await visitor.GetAsync("/metrics", HttpVersion.Version20);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(major, answer.Version.Major);
    }

    [Fact]
    public async Task Certificates_may_stand_in_the_file_itself()
    {
        var (certificate, key) = _authority.Issue("localhost");
        static string Block(string pem) => string.Concat(pem.Split('\n').Select(line => $"    {line}\n"));
        await File.WriteAllTextAsync(
            WebConfig, $"tls_server_config:\n  cert: |\n{Block(certificate)}  key: |\n{Block(key)}", TestContext.Current.CancellationToken);
        using var exporter = RunningExporter.Protected(_directory.Path, WebConfig);
        using var visitor = new Visitor(exporter, _authority);

        Assert.True(await visitor.IsWelcomeAsync());
    }

    // Columns: without a certificate, with one of a stranger's, with one that is vouched for.
    [Theory]
    [InlineData("NoClientCert", true, true, true)]
    [InlineData("RequestClientCert", true, true, true)]
    [InlineData("RequireAnyClientCert", false, true, true)]
    [InlineData("RequireClientCert", false, true, true)]
    [InlineData("VerifyClientCertIfGiven", true, false, true)]
    [InlineData("RequireAndVerifyClientCert", false, false, true)]
    public async Task Each_policy_lets_in_whom_it_should(string policy, bool none, bool strange, bool known)
    {
        var authorities = policy.Contains("Verify", StringComparison.Ordinal) ? ", client_ca_file: ca.pem" : "";
        using var exporter = Protected($"client_auth_type: {policy}{authorities}");
        foreach (var protocol in (SslProtocols[])[SslProtocols.Tls12, SslProtocols.Tls13])
        {
            using var unknown = new Visitor(exporter, _authority, null, protocol);
            using var stranger = new Visitor(exporter, _authority, _stranger.Issue("prometheus"), protocol);
            using var friend = new Visitor(exporter, _authority, _authority.Issue("prometheus"), protocol);

            Assert.Equal((none, strange, known),
                (await unknown.IsWelcomeAsync(), await stranger.IsWelcomeAsync(), await friend.IsWelcomeAsync()));
        }
    }

    [Theory]
    [InlineData("prometheus", true)]
    [InlineData("mail@prometheus", true)]
    [InlineData("spiffe://prometheus/one", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("grafana", false)]
    [InlineData("prom*", false)]
    public async Task A_client_needs_one_of_the_names_allowed(string allowed, bool isWelcome)
    {
        using var exporter = Protected(
            $"client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, client_allowed_sans: [elsewhere, '{allowed}']");
        using var visitor = new Visitor(exporter, _authority, _authority.Issue("prometheus"));

        Assert.Equal(isWelcome, await visitor.IsWelcomeAsync());
    }

    [Theory]
    [InlineData("1.3.6.1.5.5.7.3.2", 1, true)]
    [InlineData("1.3.6.1.5.5.7.3.1", 1, false)]
    [InlineData(null, -0.5, false)]
    public async Task A_client_needs_a_certificate_that_is_valid_and_made_for_clients(string? purpose, double hours, bool isWelcome)
    {
        using var exporter = Protected("client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem");
        using var visitor = new Visitor(exporter, _authority, _authority.Issue("prometheus", purpose, hours));

        Assert.Equal(isWelcome, await visitor.IsWelcomeAsync());
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_new_connections()
    {
        using var exporter = Protected();
        using var before = new Visitor(exporter, _authority);
        Assert.True(await before.IsWelcomeAsync());

        WriteCertificate();
        using var after = new Visitor(exporter, _authority);

        Assert.True(await after.IsWelcomeAsync());
        Assert.NotEqual(before.Serial, after.Serial);
        Assert.True(await before.IsWelcomeAsync());
    }

    [Fact]
    public async Task A_certificate_without_its_key_leaves_the_old_in_force_until_the_key_has_come()
    {
        using var exporter = Protected();
        using var before = new Visitor(exporter, _authority);
        Assert.True(await before.IsWelcomeAsync());
        var (certificate, key) = _authority.Issue("localhost");

        await File.WriteAllTextAsync(_directory["cert.pem"], certificate, TestContext.Current.CancellationToken);
        using var meanwhile = new Visitor(exporter, _authority);
        Assert.True(await meanwhile.IsWelcomeAsync());
        Assert.Equal(before.Serial, meanwhile.Serial);
        Assert.Contains("is not the key of", exporter.WaitForLine("keeping the previous configuration"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(_directory["key.pem"], key, TestContext.Current.CancellationToken);
        using var after = new Visitor(exporter, _authority);
        Assert.True(await after.IsWelcomeAsync());
        Assert.NotEqual(before.Serial, after.Serial);
    }

    [Fact]
    public async Task A_client_whose_authority_is_trusted_no_more_is_refused()
    {
        using var exporter = Protected("client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem");
        var shown = _authority.Issue("prometheus");
        using var before = new Visitor(exporter, _authority, shown);
        Assert.True(await before.IsWelcomeAsync());

        await File.WriteAllTextAsync(_directory["ca.pem"], _stranger.Pem, TestContext.Current.CancellationToken);
        using var after = new Visitor(exporter, _authority, shown);

        Assert.False(await after.IsWelcomeAsync());
    }

    [Fact]
    public async Task Encryption_does_not_end_while_the_exporter_runs()
    {
        using var exporter = Protected();

        await File.WriteAllTextAsync(WebConfig, "http_server_config: {}\n", TestContext.Current.CancellationToken);

        using var visitor = new Visitor(exporter, _authority);
        Assert.True(await visitor.IsWelcomeAsync());
        Assert.Contains("no longer has tls_server_config, which requires a restart", exporter.WaitForLine("keeping the previous configuration"), StringComparison.Ordinal);
    }

    private RunningExporter Protected(string more = "", string sections = "")
    {
        File.WriteAllText(_directory["ca.pem"], _authority.Pem);
        File.WriteAllText(WebConfig, $"tls_server_config: {{cert_file: cert.pem, key_file: key.pem, {more}}}\n{sections}");
        return RunningExporter.Protected(_directory.Path, WebConfig);
    }

    private void WriteCertificate()
    {
        var (certificate, key) = _authority.Issue("localhost");
        File.WriteAllText(_directory["cert.pem"], certificate);
        File.WriteAllText(_directory["key.pem"], key);
    }
}

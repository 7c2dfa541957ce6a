using System.Security.Authentication;
using CsCheck;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Engine.Tests;
using GunicornPrometheusExporter.Exporter.Web;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Web;

public sealed class WebConfigReaderTests
{
    private const string File = "/etc/exporter/web.yml";
    private const string Hash = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";
    private const string Pair = "cert_file: c.pem, key_file: k.pem";

    private static readonly string[] Pieces =
    [
        "tls_server_config", "basic_auth_users", "http2", ": ", "\n", "  ", "- ", "{", "}", "[", "]", "&a ", "*a", "---", "...",
        "? ", "!!x ", "<<", "|", ">", "\"", "'", "#", ",", "%YAML 1.2", "@", "\0", "\t", "ä",
    ];

    [Fact]
    public void Every_section_is_read()
    {
        var config = WebConfigReader.Read(File, $$"""
            tls_server_config:
              cert_file: server.crt
              key_file: /keys/server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ../ca.pem
              client_allowed_sans:
                - prometheus.example
                - 10.0.0.1
              min_version: TLS13
            http_server_config:
              http2: false
              headers:
                X-Frame-Options: deny
                Strict-Transport-Security: max-age=63072000
            basic_auth_users:
              alice: {{Hash}}
            """);

        Assert.Equal("/etc/exporter/server.crt", config.Tls!.Certificate.Path);
        Assert.Equal("/keys/server.key", config.Tls.Key.Path);
        Assert.Equal("/etc/ca.pem", config.Tls.ClientAuthorities!.Path);
        Assert.Equal(ClientCertificatePolicy.RequireAndVerifyClientCert, config.Tls.ClientPolicy);
        Assert.Equal(["prometheus.example", "10.0.0.1"], config.Tls.AllowedSans!);
        Assert.Equal(SslProtocols.Tls13, config.Tls.Protocols);
        Assert.False(config.IsHttp2);
        Assert.Equal("deny", config.Headers["X-Frame-Options"]);
        Assert.Equal("max-age=63072000", config.Headers["Strict-Transport-Security"]);
        Assert.Equal(Hash, config.Users["alice"]);
    }

    [Fact]
    public void What_is_not_stated_has_the_default_of_the_toolkit()
    {
        var config = WebConfigReader.Read(File, $"tls_server_config: {{{Pair}, client_auth_type: }}\nhttp_server_config:\n");

        Assert.Equal(SslProtocols.Tls12 | SslProtocols.Tls13, config.Tls!.Protocols);
        Assert.Equal(ClientCertificatePolicy.NoClientCert, config.Tls.ClientPolicy);
        Assert.Null(config.Tls.AllowedSans);
        Assert.True(config.IsHttp2);
        Assert.Empty(config.Headers);
        Assert.Empty(config.Users);
    }

    [Theory]
    [InlineData("", ":1:1: the file is empty; add tls_server_config, http_server_config or basic_auth_users")]
    [InlineData("# nothing\n---\n", "the file is empty")]
    [InlineData("basic_auth_usres: {}", ":1:1: the file has no setting \"basic_auth_usres\"; did you mean basic_auth_users?")]
    [InlineData("zzz: 1", ":1:1: the file has no setting \"zzz\"; known names are tls_server_config, http_server_config, basic_auth_users, rate_limit")]
    [InlineData("- a", ":1:1: the file must be a mapping")]
    [InlineData("http_server_config: 3", ":1:21: http_server_config must be a mapping")]
    [InlineData("http_server_config:\n  http2: yes", ":2:10: http2 must be true or false")]
    [InlineData("http_server_config: {http2: true, http2: false}", ":1:35: http2 appears twice; remove one")]
    [InlineData("http_server_config: {? [a] : b}", "http_server_config has a key that is not a name")]
    [InlineData("http_server_config: {headers: {X-Frame-Options: ALLOW}}", "X-Frame-Options is \"ALLOW\"; set it to deny or sameorigin")]
    [InlineData("http_server_config: {headers: {X-Content-Type-Options: a}}", "X-Content-Type-Options is \"a\"; set it to nosniff")]
    [InlineData("http_server_config: {headers: {X-Frame-Option: deny}}", "headers has no setting \"X-Frame-Option\"; did you mean X-Frame-Options?")]
    [InlineData("http_server_config: {headers: {X-XSS-Protection: \"a\\nb\"}}", "X-XSS-Protection contains a character that is not allowed in a header")]
    [InlineData("http_server_config: {headers: {X-XSS-Protection: [a]}}", "X-XSS-Protection must be a string")]
    [InlineData("basic_auth_users: {alice: secret}", ":1:20: the password of user \"alice\" is not a bcrypt hash; create one with htpasswd -nBC 10 alice")]
    [InlineData("basic_auth_users: {alice: *a}", "the password of user \"alice\" is not a bcrypt hash")]
    [InlineData("basic_auth_users: {al:ice: }", "al:ice")]
    [InlineData("tls_server_config: {}", ":1:1: tls_server_config has no certificate; set cert_file")]
    [InlineData("tls_server_config: {}", ":1:1: tls_server_config has no key; set key_file")]
    [InlineData("tls_server_config: {cert: a, " + Pair + "}", "tls_server_config has both cert and cert_file; remove one")]
    [InlineData("tls_server_config: {" + Pair + ", min_version: TLS11}", "min_version is \"TLS11\"; set it to TLS12 or TLS13; older versions are not supported")]
    [InlineData("tls_server_config: {" + Pair + ", min_version: TLS13, max_version: TLS12}", "min_version is higher than max_version; swap them")]
    [InlineData("tls_server_config: {" + Pair + ", client_auth_type: 1}", "client_auth_type is \"1\"; set it to one of NoClientCert, RequestClientCert")]
    [InlineData("tls_server_config: {" + Pair + ", client_ca_file: ca}", "client_ca_file has no effect while client_auth_type is NoClientCert")]
    [InlineData("tls_server_config: {" + Pair + ", client_auth_type: RequireAndVerifyClientCert}", "but client_ca_file is missing; set it")]
    [InlineData("tls_server_config: {" + Pair + ", client_allowed_sans: [a]}", "client_allowed_sans has no effect while client_auth_type is NoClientCert")]
    [InlineData("tls_server_config: {" + Pair + ", client_allowed_sans: a}", "client_allowed_sans must be a list")]
    [InlineData("tls_server_config: {" + Pair + ", cipher_suites: [a]}", "cipher_suites is not supported because OpenSSL's configuration on this machine determines it; remove it")]
    [InlineData("tls_server_config: {" + Pair + ", curve_preferences: [X25519]}", "curve_preferences is not supported")]
    [InlineData("tls_server_config: {" + Pair + ", prefer_server_cipher_suites: true}", "prefer_server_cipher_suites is not supported")]
    [InlineData("rate_limit: {interval: 1s}", ":1:1: rate_limit would refuse every request, because burst is missing or 0; set it to at least 1")]
    [InlineData("rate_limit: {interval: 1s, burst: 0}", "because burst is missing or 0; set it to at least 1")]
    [InlineData("rate_limit: {interval: 1s, burst: -1}", "burst is \"-1\"; set it to a whole number of at least 1")]
    [InlineData("rate_limit: {interval: 1, burst: 1}", "interval is \"1\"; set it to a time of at most an hour such as 1s or 100ms, or to 0")]
    [InlineData("rate_limit: {interval: 1d, burst: 1}", "interval is \"1d\"")]
    [InlineData("rate_limit: {interval: 61m, burst: 1}", "interval is \"61m\"")]
    [InlineData("rate_limit: {interval: -1s, burst: 1}", "interval is \"-1s\"")]
    [InlineData("rate_limit: {interval: s, burst: 1}", "interval is \"s\"")]
    [InlineData("rate_limit: {rate: 1}", "rate_limit has no setting \"rate\"; known names are interval, burst")]
    [InlineData("basic_auth_users: {\n  alice: \n", ":3:1: invalid YAML: ")]
    [InlineData("http_server_config: {}\n---\na: b", "a second document begins here; remove it")]
    public void What_is_wrong_is_told_with_its_place_and_the_remedy(string text, string sentence) =>
        Assert.Contains(Errors(text), error => error.StartsWith(File + ":", StringComparison.Ordinal) && error.Contains(sentence, StringComparison.Ordinal));

    [Theory]
    [InlineData("1s", 20, 1000)]
    [InlineData("1m0.5s", 1, 60_500)]
    [InlineData("100ms", 3, 100)]
    public void A_rate_is_an_interval_in_the_units_of_Go_and_a_burst(string interval, int burst, int milliseconds) => Assert.Equal(
        new RateLimit(TimeSpan.FromMilliseconds(milliseconds), burst),
        WebConfigReader.Read(File, $"rate_limit: {{interval: {interval}, burst: {burst}}}").Rate);

    [Theory]
    [InlineData("rate_limit: {interval: 0, burst: 0}")]
    [InlineData("rate_limit: {interval: 0s, burst: 5}")]
    [InlineData("rate_limit: {burst: 5}")]
    [InlineData("rate_limit:")]
    public void Without_an_interval_there_is_no_rate(string text) => Assert.Null(WebConfigReader.Read(File, text).Rate);

    [Fact]
    public void Every_error_is_told_at_once() => Assert.Equal(3, Errors("""
        tls_server_config: {cert_fiel: a}
        """).Length);

    [Fact]
    public void No_error_repeats_what_may_be_a_secret()
    {
        var errors = string.Join('\n', Errors("""
            tls_server_config: {key: SECRET, key_file: [SECRET]}
            basic_auth_users: {alice: SECRET, bob: [SECRET], eve: $2y$10$SECRET}
            """));

        Assert.DoesNotContain("SECRET", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void No_depth_ends_the_process()
    {
        Errors("http_server_config: " + new string('[', 10_000));
        Errors(string.Concat(Enumerable.Repeat("{a: ", 10_000)));
    }

    [Fact]
    public void Whatever_is_in_the_file_is_read_or_told() => Gen.OneOf(Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]), Gen.String)
        .Array[0, 40].Select(pieces => string.Concat(pieces)).ForAll(text =>
        {
            try
            {
                WebConfigReader.Read(File, text);
            }
            catch (ConfigurationException)
            {
                // Told.
            }
        }, count: 5_000);

    private static string[] Errors(string text) =>
        Assert.Throws<ConfigurationException>(() => WebConfigReader.Read(File, text)).Message.Split('\n');
}

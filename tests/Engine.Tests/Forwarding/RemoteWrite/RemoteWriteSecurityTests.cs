using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>Who writes, to whom, and that no secret is shown.</summary>
public sealed class RemoteWriteSecurityTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly ManualClock _clock = new();
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_user_and_a_password_are_basic_authentication()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();

        await WriteAsync(new() { Url = receiver.Url, Username = "me", Password = Secret });

        Assert.Equal("Basic bWU6aHVudGVyMg==", receiver.Requests.First().Headers["Authorization"]);
    }

    [Fact]
    public async Task Files_with_secrets_are_read_anew_for_each_request()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();
        await using var bearer = new RemoteWriteForwarder(new() { Url = receiver.Url, BearerTokenFile = _directory["token"] }, _clock);
        File.WriteAllText(_directory["token"], "one\n");
        await NextAsync(bearer);
        File.WriteAllText(_directory["token"], "two\n");
        await NextAsync(bearer);
        await using var basic = new RemoteWriteForwarder(
            new() { Url = receiver.Url, Username = "me", PasswordFile = _directory["password"] }, _clock);
        File.WriteAllText(_directory["password"], Secret);
        await NextAsync(basic);

        Assert.Equal(
            ["Bearer one", "Bearer two", "Basic bWU6aHVudGVyMg=="], receiver.Requests.Select(request => request.Headers["Authorization"]));
    }

    [Fact]
    public async Task Headers_are_sent_with_every_request()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();

        await WriteAsync(new() { Url = receiver.Url, Headers = [new("X-Scope-OrgID", "tenant"), new("X-Key", Secret)] });

        Assert.All(receiver.Requests, request => Assert.Equal(("tenant", Secret), (request.Headers["X-Scope-OrgID"], request.Headers["X-Key"])));
    }

    [Fact]
    public async Task A_receiver_is_trusted_by_the_authority_that_was_given_and_shown_the_certificate()
    {
        using var server = Certificate("CN=127.0.0.1", "server");
        using var client = Certificate("CN=writer", "client");
        await using var receiver = await ScriptedReceiver.StartAsync(certificate: server);
        var settings = new RemoteWriteSettings { Url = receiver.Url };

        var fault = await Assert.ThrowsAsync<ForwardingException>(() => WriteAsync(settings));
        Assert.Contains("could not be reached: The remote certificate is invalid", fault.Message, StringComparison.Ordinal);
        await WriteAsync(settings with
        {
            AuthorityFile = _directory["server.crt"],
            CertificateFile = _directory["client.crt"],
            KeyFile = _directory["client.key"],
        });

        Assert.Equal(1, receiver.Samples.Count(sample => !sample.IsEnd));
        Assert.Equal("CN=writer", receiver.ClientName);
    }

    [Fact]
    public async Task An_authority_that_was_exchanged_is_used_after_the_first_failure()
    {
        using var other = Certificate("CN=127.0.0.1", "authority");
        await using var receiver = await ScriptedReceiver.StartAsync(certificate: Certificate("CN=127.0.0.1", "server"));
        await using var forwarder = new RemoteWriteForwarder(new() { Url = receiver.Url, AuthorityFile = _directory["authority.crt"] }, _clock);
        await Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));

        File.Copy(_directory["server.crt"], _directory["authority.crt"], overwrite: true);

        Assert.Equal(2, (await NextAsync(forwarder)).Snapshots);
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_is_named_with_its_variable_and_nothing_is_lost()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();
        File.WriteAllText(_directory["two lines"], $"{Secret}\n{Secret}");
        File.WriteAllText(_directory["no.pem"], Secret);
        (string Start, RemoteWriteSettings Settings)[] cases =
        [
            ("REMOTE_WRITE_BEARER_TOKEN_FILE is", new() { Url = receiver.Url, BearerTokenFile = _directory["missing"] }),
            ("REMOTE_WRITE_BEARER_TOKEN_FILE is", new() { Url = receiver.Url, BearerTokenFile = _directory["two lines"] }),
            ("REMOTE_WRITE_PASSWORD_FILE is", new() { Url = receiver.Url, Username = "me", PasswordFile = _directory["missing"] }),
            ("REMOTE_WRITE_CA_FILE is", new() { Url = receiver.Url, AuthorityFile = _directory["missing"] }),
            ("REMOTE_WRITE_CERT_FILE is", new() { Url = receiver.Url, CertificateFile = _directory["no.pem"], KeyFile = _directory["no.pem"] }),
            ("REMOTE_WRITE_CERT_FILE is", new() { Url = receiver.Url, CertificateFile = _directory["missing"], KeyFile = _directory["no.pem"] }),
            ("REMOTE_WRITE_KEY_FILE is", new() { Url = receiver.Url, CertificateFile = _directory["no.pem"], KeyFile = _directory["missing"] }),
        ];

        foreach (var (start, settings) in cases)
        {
            var fault = await Assert.ThrowsAsync<ForwardingException>(() => WriteAsync(settings));
            Assert.StartsWith(start, fault.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(Secret, fault.Message, StringComparison.Ordinal);
            Assert.Equal((0, 1), (fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        }
    }

    [Fact]
    public async Task No_fault_shows_a_secret()
    {
        await using var receiver = await ScriptedReceiver.StartAsync();
        var settings = new RemoteWriteSettings
        {
            Url = new($"{receiver.Url}?token={Secret}"),
            Username = "me",
            Password = Secret,
            Headers = [new("X-Key", Secret)],
        };
        foreach (var status in (int[])[401, 503, 307])
        {
            receiver.Next(status, "", ("Location", settings.Url.ToString()));
            var fault = await Assert.ThrowsAsync<ForwardingException>(() => WriteAsync(settings));
            Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
        }
        await receiver.DisposeAsync();
        var gone = await Assert.ThrowsAsync<ForwardingException>(() => WriteAsync(settings));
        Assert.DoesNotContain(Secret, gone.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_refuses_is_reported_without_its_password()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var refusal = RefuseAsync(listener);
        var proxy = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new ProxyOf("receiver.invalid", new($"http://me:{Secret}@{listener.LocalEndpoint}"));
        try
        {
            var fault = await Assert.ThrowsAsync<ForwardingException>(() => WriteAsync(new() { Url = new("https://receiver.invalid/write") }));

            Assert.Equal(
                "The remote write receiver at receiver.invalid could not be reached: the proxy refused the connection; check HTTPS_PROXY",
                fault.Message);
            Assert.DoesNotContain(Secret, fault.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            HttpClient.DefaultProxy = proxy;
        }
        await refusal;
    }

    private static async Task RefuseAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream, leaveOpen: true);
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 })
        {
            // The request and its headers.
        }
        await stream.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
    }

    private async Task WriteAsync(RemoteWriteSettings settings)
    {
        var forwarder = new RemoteWriteForwarder(settings, _clock);
        try
        {
            await NextAsync(forwarder);
        }
        finally
        {
            await Record.ExceptionAsync(() => forwarder.DisposeAsync().AsTask());
        }
    }

    private Task<Forwarded> NextAsync(RemoteWriteForwarder forwarder)
    {
        _clock.Move(forwarder.Interval);
        return forwarder.ForwardAsync(Snapshots.LayoutOf("a").At(_clock, 1), TestContext.Current.CancellationToken);
    }

    /// <summary>A certificate that signed itself, for loopback; its parts are left in files of that name.</summary>
    private X509Certificate2 Certificate(string subject, string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        File.WriteAllText(_directory[$"{name}.crt"], certificate.ExportCertificatePem());
        File.WriteAllText(_directory[$"{name}.key"], key.ExportPkcs8PrivateKeyPem());
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    /// <summary>A proxy for one host only, because other tests use the default one too.</summary>
    private sealed class ProxyOf(string host, Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : proxy;

        public bool IsBypassed(Uri destination) => destination.Host != host;
    }
}

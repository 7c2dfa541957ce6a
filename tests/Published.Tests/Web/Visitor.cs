using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Xunit;

namespace GunicornPrometheusExporter.Published.Tests.Web;

/// <summary>A client of one connection, with whatever it shows.</summary>
internal sealed class Visitor : IDisposable
{
    private readonly HttpClient _client;

    /// <param name="exporter">Whom it visits.</param>
    /// <param name="authority">The authority that it trusts; null to speak plain text.</param>
    /// <param name="certificate">Certificate and key that it shows.</param>
    /// <param name="protocols">The versions of TLS that it speaks; none for any.</param>
    internal Visitor(
        RunningExporter exporter, TestAuthority? authority = null, (string Certificate, string Key)? certificate = null,
        SslProtocols protocols = SslProtocols.None)
    {
        var handler = new SocketsHttpHandler();
        if (authority is not null) handler.SslOptions = Options(authority, certificate, protocols);
        _client = new(handler)
        {
            BaseAddress = new Uri($"{(authority is null ? "http" : "https")}://127.0.0.1:{exporter.Port}"),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
    }

    /// <summary>The serial number of the certificate that the exporter showed.</summary>
    internal string? Serial { get; private set; }

    /// <summary>The version of TLS that was spoken.</summary>
    internal SslProtocols Protocol { get; private set; }

    /// <summary>Says who it is from now on.</summary>
    internal Visitor As(string user, string password)
    {
        _client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        return this;
    }

    internal Task<HttpResponseMessage> GetAsync(string path, Version? version = null) => _client.SendAsync(
        new(HttpMethod.Get, path) { Version = version ?? HttpVersion.Version11 }, TestContext.Current.CancellationToken);

    internal async Task<HttpStatusCode> StatusAsync(string path = "/metrics")
    {
        using var answer = await GetAsync(path);
        return answer.StatusCode;
    }

    /// <summary>Whether it gets as far as to an answer.</summary>
    internal async Task<bool> IsWelcomeAsync()
    {
        try
        {
            return await StatusAsync() == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public void Dispose() => _client.Dispose();

    private SslClientAuthenticationOptions Options(
        TestAuthority authority, (string Certificate, string Key)? certificate, SslProtocols protocols)
    {
        var chain = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        chain.CustomTrustStore.Add(X509Certificate2.CreateFromPem(authority.Pem));
        return new()
        {
            EnabledSslProtocols = protocols,
            CertificateChainPolicy = chain,
            ClientCertificateContext = certificate is var (shown, key)
                ? SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(shown, key), null, offline: true)
                : null,
            RemoteCertificateValidationCallback = (stream, server, _, errors) =>
            {
                Serial = server?.GetSerialNumberString();
                Protocol = ((SslStream)stream).SslProtocol;
                return errors == SslPolicyErrors.None;
            },
        };
    }
}

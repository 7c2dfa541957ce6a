using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Incidents;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Reads an exporter over HTTP, as Prometheus does.</summary>
internal sealed class ExporterClient : IDisposable
{
    private const int LongestAnswer = 256 << 20;

    // Prometheus' default timeout of a scrape.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    // Only the message of the exception has the reason.
    private const string Untrusted = "The remote certificate";
    private const string NotTls = "Cannot determine the frame size";

    // A server that wants a certificate of its client says no more than that.
    private const string Certificates = ", and the certificates in tls_config of --http.config.file";

    private readonly HttpClient _http;

    /// <param name="config">Who this client is, and whom it trusts; null for the defaults.</param>
    /// <param name="known">The certificate of a local exporter, trusted whatever its name and issuer; null for none.</param>
    internal ExporterClient(Target target, HttpConfig? config = null, X509Certificate2? known = null)
    {
        Target = target;
        var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.GZip, UseProxy = false };
        handler.SslOptions = TlsOptions(config ?? new(), known);
        if (target.Socket is { } path) handler.ConnectCallback = (_, end) => ConnectAsync(path, end);
        _http = new(handler) { Timeout = LongestWait, MaxResponseContentBufferSize = LongestAnswer };
        _http.DefaultRequestHeaders.Authorization = target.User.Length > 0 ? HttpConfig.Basic(target.User) : config?.Authorization;
        // The handler verifies the name of this header.
        _http.DefaultRequestHeaders.Host = config?.ServerName;
    }

    internal Target Target { get; }

    /// <exception cref="ReadingException">It does not answer, or is not an exporter.</exception>
    internal async Task<IReadOnlyList<Sample>> ReadSamplesAsync(CancellationToken end)
    {
        try
        {
            var samples = ReadAll(await GetAsync(Target.MetricsAddress, end));
            return samples.Any(IsOurs) ? samples : throw new FormatException("returned the metrics of another program");
        }
        catch (FormatException e)
        {
            throw new ReadingException(
                $"{Target.TextOf(Target.MetricsAddress)} {Show.Printable(e.Message)}; " +
                    "check that this is an exporter's address");
        }
    }

    /// <exception cref="ReadingException">It does not answer, or is not healthy.</exception>
    internal Task ReadHealthAsync(CancellationToken end) => GetAsync(new Uri(Target.Address, "-/healthy"), end);

    /// <summary>The oldest requests in flight of the workers; null from an exporter that does not report them, such as a hub.</summary>
    /// <exception cref="ReadingException">It no longer answers.</exception>
    internal Task<OldestRequest[]?> ReadOldestAsync(CancellationToken end) =>
        TryReadAsync(OldestRequestJson.Path, OldestRequestJson.Read, end);

    /// <summary>The last incidents, the oldest first; null from an exporter that does not serve them.</summary>
    /// <exception cref="ReadingException">It does not answer.</exception>
    internal Task<Incident[]?> ReadIncidentsAsync(CancellationToken end) =>
        TryReadAsync<Incident[]>(IncidentJson.Path, text => [.. IncidentJson.ReadAll(text)], end);

    /// <summary>The buckets of native histograms; empty from an exporter that does not report them, such as a hub.</summary>
    /// <exception cref="ReadingException">It no longer answers.</exception>
    internal async Task<IReadOnlyList<Sample>> ReadNativesAsync(CancellationToken end) =>
        await TryReadAsync(LatencyText.Path, ReadAll, end) ?? [];

    /// <summary>The statuses of the forwarders; empty from an exporter that does not report them, such as a hub.</summary>
    /// <exception cref="ReadingException">It no longer answers.</exception>
    internal async Task<IReadOnlyDictionary<string, ForwarderReport>> ReadForwardersAsync(CancellationToken end) =>
        await TryReadAsync(ForwarderReport.Path, ForwarderReport.ReadAll, end) ?? [];

    public void Dispose() => _http.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken end)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), end);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SslClientAuthenticationOptions TlsOptions(HttpConfig config, X509Certificate2? known)
    {
        var options = new SslClientAuthenticationOptions();
        if (known is not null || config.IsUnverified)
        {
            options.RemoteCertificateValidationCallback = (_, server, _, errors) => errors == SslPolicyErrors.None || config.IsUnverified
                || (server is X509Certificate2 shown && shown.RawDataMemory.Span.SequenceEqual(known!.RawDataMemory.Span));
        }
        if (config.Authorities.Count > 0)
        {
            options.CertificateChainPolicy = Authorities.Only(config.Authorities);
        }
        if (config.Certificate is { } certificate)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true);
        }
        return options;
    }

    /// <summary>What a page says; null if the exporter has no such page.</summary>
    private async Task<T?> TryReadAsync<T>(string path, Func<string, T> read, CancellationToken end) where T : class
    {
        try
        {
            return read(await GetAsync(new Uri(Target.Address, path), end));
        }
        catch (Exception e) when (e is JsonException or FormatException or ReadingException { IsAnswer: true })
        {
            return null;
        }
    }

    private static Sample[] ReadAll(string text) =>
        [.. TextSample.ReadAll(text).Select(sample => new Sample(new SnapshotSample(sample.Name, sample.Labels), sample.Value))];

    private static bool IsOurs(Sample sample) =>
        sample.Key.Name == MetricCatalogue.BuildInfo.Name || sample.Key.Name == MetricCatalogue.HubSourceUp.Name;

    /// <exception cref="ReadingException">It does not answer, or refuses.</exception>
    internal async Task<string> GetAsync(Uri address, CancellationToken end)
    {
        try
        {
            using var response = await _http.GetAsync(address, end);
            if (response.IsSuccessStatusCode) return await response.Content.ReadAsStringAsync(end);
            throw new ReadingException(
                $"{Target.TextOf(address)} answered with status {(int)response.StatusCode}; {RemedyOf(response.StatusCode)}")
            {
                IsAnswer = true,
            };
        }
        catch (TaskCanceledException) when (!end.IsCancellationRequested)
        {
            throw new ReadingException($"{Target.TextOf(address)} did not answer in {LongestWait.TotalSeconds} s; " +
                "check that the exporter and its host are responsive");
        }
        catch (HttpRequestException e) when (
            e.InnerException is AuthenticationException refusal && refusal.Message.StartsWith(Untrusted, StringComparison.Ordinal))
        {
            throw new ReadingException($"the certificate of {Target.TextOf(address)} is not trusted ({refusal.Message.Split(": ")[^1]}); " +
                "set ca_file or server_name in tls_config of --http.config.file");
        }
        catch (HttpRequestException e) when (
            e.InnerException is AuthenticationException refusal && refusal.Message.StartsWith(NotTls, StringComparison.Ordinal))
        {
            throw new ReadingException($"{Target.TextOf(address)} does not speak TLS; use http:// in place of https://");
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ResponseEnded)
        {
            throw new ReadingException($"{Target.TextOf(address)} closed the connection without an answer; " + (IsHttps(address)
                ? "check that this is an exporter's address" + Certificates
                : "use https:// if it speaks TLS, and check that this is an exporter's address"));
        }
        catch (HttpRequestException e)
        {
            throw new ReadingException(
                $"{Target.TextOf(address)} does not answer: {(e.InnerException ?? e).Message.TrimEnd('.')}; " +
                    "check that the exporter runs at this address" + (IsHttps(address) ? Certificates : ""));
        }
    }

    private static bool IsHttps(Uri address) => address.Scheme == Uri.UriSchemeHttps;

    private static string RemedyOf(HttpStatusCode status) => status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        ? "name a user with access in --http.config.file, or in the URL: http://USER:PASSWORD@HOST:PORT"
        : "check that this is an exporter's address";
}

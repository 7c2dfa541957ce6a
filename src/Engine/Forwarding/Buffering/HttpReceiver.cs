using System.Text;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Diagnostics;

namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>A receiver over HTTP. Used by one caller at a time.</summary>
internal sealed class HttpReceiver(HttpReceiverSettings settings, TimeProvider time) : IDisposable
{
    // A receiver may name every rejected point.
    private const int LongestBody = 64 << 10;
    private const int LongestReason = 200;

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Connections are reopened periodically, to follow DNS changes.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private HttpClient? _client;
    private long _askedAt;
    private TimeSpan _askedWait;

    internal string Name { get; } = $"The {settings.Name} receiver at {settings.Url.Authority}";

    internal HttpRequestMessage NewRequest(ReadOnlyMemory<byte> body, string type, string? encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = new ReadOnlyMemoryContent(body) };
        // Written verbatim: a space before "proto", as in a parsed type, makes Prometheus assume 1.0.
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null) request.Content.Headers.ContentEncoding.Add(encoding);
        request.Headers.UserAgent.Add(new("gunicorn-prometheus-exporter", ProductVersion.Text));
        foreach (var (name, value) in settings.Headers) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    /// <summary>Sends a request, and returns what <paramref name="judge"/> makes of the response.</summary>
    /// <exception cref="ForwardingException">The receiver is unreachable, or cannot write now: the caller may retry.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time; the caller may retry.</exception>
    internal async Task<T> SendAsync<T>(
        Func<HttpRequestMessage> create, Func<HttpResponseMessage, Task<T>> judge, CancellationToken cancellation)
    {
        if (_askedWait - time.GetElapsedTime(_askedAt) is { Ticks: > 0 } wait)
        {
            throw new ForwardingException($"{Name} requested a pause of another {wait.TotalSeconds:F0} s");
        }
        try
        {
            using var request = create();
            _client ??= Connect();
            using var response = await _client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            return await judge(response).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            // The next client reloads the certificates.
            _client?.Dispose();
            _client = null;
            if (fault is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError })
            {
                // The message has the address of the proxy, with its user and password.
                throw new ForwardingException($"{Name} could not be reached: the proxy refused the connection; check HTTPS_PROXY");
            }
            throw new ForwardingException($"{Name} could not be reached: {fault.GetBaseException().Message}", fault);
        }
    }

    /// <summary>Why the receiver rejected a request, in a sentence without any secret.</summary>
    /// <param name="isTransient">Whether to retry, after the time that the receiver requests.</param>
    /// <param name="textOf">The text of a response that is not text; null if it has none.</param>
    /// <exception cref="ForwardingException">It is transient or a redirect.</exception>
    internal async Task<string> RefusalAsync(
        HttpResponseMessage response, bool isTransient, CancellationToken cancellation, Func<byte[], string?>? textOf = null)
    {
        var status = (int)response.StatusCode;
        var body = await ReadAsync(response, cancellation).ConfigureAwait(false);
        var reason = $"{Name} answered {status}{ReasonOf(textOf?.Invoke(body) ?? Encoding.UTF8.GetString(body))}";
        if (status is >= 300 and < 400)
        {
            throw new ForwardingException($"{reason}; redirects are not followed; set {settings.VariablePrefix}URL to the target");
        }
        if (!isTransient) return reason;
        (_askedAt, _askedWait) = (time.GetTimestamp(), AskedWait(response));
        throw new ForwardingException(reason);
    }

    /// <summary>The first bytes of a response.</summary>
    internal static async Task<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var bytes = new byte[LongestBody];
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        return bytes[..await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false)];
    }

    public void Dispose() => _client?.Dispose();

    private TimeSpan AskedWait(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date - time.GetUtcNow()) ?? TimeSpan.Zero;
        return wait < LongestWait ? wait : LongestWait;
    }

    /// <summary>The first line of the receiver's response.</summary>
    internal string ReasonOf(string text)
    {
        var line = text.AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        if (end >= 0) line = line[..end];
        if (line.Length > LongestReason) line = line[..LongestReason];
        // The response may repeat the URL, whose query may contain a token.
        var query = settings.Url.Query.TrimStart('?');
        if (line.IsEmpty || query.Length == 0) return line.IsEmpty ? "" : $": {line}";
        return $": {line.ToString().Replace(query, VariableParser.Mask, StringComparison.Ordinal)}";
    }

    private HttpClient Connect()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = ConnectionLifetime,
        };
        if (settings.AuthorityFile is { } authorities)
        {
            handler.SslOptions.CertificateChainPolicy = SettingFile.ReadAuthorities($"{settings.VariablePrefix}CA_FILE", authorities);
        }
        if (settings.CertificateFile is { } certificate)
        {
            handler.SslOptions.ClientCertificateContext = SettingFile.ReadIdentity(
                ($"{settings.VariablePrefix}CERT_FILE", certificate), ($"{settings.VariablePrefix}KEY_FILE", settings.KeyFile!));
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Google.Protobuf;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>A receiver of remote writes, over HTTP. Used by one caller at a time.</summary>
internal sealed class WriteReceiver(RemoteWriteSettings settings, TimeProvider time) : IDisposable
{
    private const string VersionHeader = "X-Prometheus-Remote-Write-Version";
    private const string WrittenHeader = "X-Prometheus-Remote-Write-Samples-Written";
    private const string TypeV1 = "application/x-protobuf";
    private const string TypeV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    private const string OtherVersion = "set REMOTE_WRITE_PROTOCOL to auto or 1.0";
    private const int LongestReason = 200;

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Connections are reopened periodically, to follow DNS changes.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    private HttpClient? _client;
    private long _askedAt;
    private TimeSpan _askedWait;

    internal string Name { get; } = $"The remote write receiver at {settings.Url.Authority}";

    /// <exception cref="ForwardingException">The receiver is unreachable, or cannot write now: the caller may retry.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time; the caller may retry.</exception>
    internal async Task<WriteAnswer> PostAsync(ByteString body, WriteProtocol protocol, CancellationToken cancellation)
    {
        if (_askedWait - time.GetElapsedTime(_askedAt) is { Ticks: > 0 } wait)
        {
            throw new ForwardingException($"{Name} requested a pause of another {wait.TotalSeconds:F0} s");
        }
        try
        {
            using var request = Request(body, protocol);
            _client ??= Connect();
            using var response = await _client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            return await JudgeAsync(response, protocol, cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            // The next client reloads the certificates.
            _client?.Dispose();
            _client = null;
            throw new ForwardingException($"{Name} could not be reached: {fault.GetBaseException().Message}", fault);
        }
    }

    public void Dispose() => _client?.Dispose();

    private async Task<WriteAnswer> JudgeAsync(HttpResponseMessage response, WriteProtocol protocol, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return protocol == WriteProtocol.V1 || response.Headers.Contains(WrittenHeader)
                ? new()
                : new($"{Name} did not report what it wrote, so it does not support version 2.0; {OtherVersion}", IsUnsupported: true);
        }
        if (response.StatusCode == HttpStatusCode.UnsupportedMediaType && protocol == WriteProtocol.V2)
        {
            return new($"{Name} does not support version 2.0; {OtherVersion}", IsUnsupported: true);
        }
        var reason = $"{Name} answered {status}{await ReasonAsync(response, cancellation).ConfigureAwait(false)}";
        if (status is >= 300 and < 400)
        {
            throw new ForwardingException($"{reason}; redirects are not followed; set REMOTE_WRITE_URL to the target");
        }
        if (status is >= 400 and < 500 && response.StatusCode != HttpStatusCode.TooManyRequests) return new(reason);
        (_askedAt, _askedWait) = (time.GetTimestamp(), AskedWait(response));
        throw new ForwardingException(reason);
    }

    private TimeSpan AskedWait(HttpResponseMessage response)
    {
        var asked = response.Headers.RetryAfter;
        var wait = asked?.Delta ?? (asked?.Date - time.GetUtcNow()) ?? TimeSpan.Zero;
        return wait < LongestWait ? wait : LongestWait;
    }

    /// <summary>The first line of the receiver's response.</summary>
    private async Task<string> ReasonAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var bytes = new byte[LongestReason];
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var count = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var line = Encoding.UTF8.GetString(bytes, 0, count).AsSpan().Trim();
        var end = line.IndexOfAny('\r', '\n');
        if (end >= 0) line = line[..end];
        // The response may repeat the URL, whose query may contain a token.
        var query = settings.Url.Query.TrimStart('?');
        if (line.IsEmpty || query.Length == 0) return line.IsEmpty ? "" : $": {line}";
        return $": {line.ToString().Replace(query, VariableParser.Mask, StringComparison.Ordinal)}";
    }

    private HttpRequestMessage Request(ByteString body, WriteProtocol protocol)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = new ReadOnlyMemoryContent(body.Memory) };
        var isV1 = protocol == WriteProtocol.V1;
        // Written verbatim: a space before "proto", as in a parsed type, makes Prometheus assume 1.0.
        request.Content.Headers.TryAddWithoutValidation("Content-Type", isV1 ? TypeV1 : TypeV2);
        request.Content.Headers.ContentEncoding.Add("snappy");
        request.Headers.Add(VersionHeader, isV1 ? "0.1.0" : "2.0.0");
        request.Headers.UserAgent.Add(new("gunicorn-prometheus-exporter", ProductVersion.Text));
        foreach (var (name, value) in settings.Headers) request.Headers.TryAddWithoutValidation(name, value);
        if (Authorization() is { } authorization) request.Headers.Authorization = authorization;
        return request;
    }

    private AuthenticationHeaderValue? Authorization()
    {
        if (settings.BearerTokenFile is { } file) return new("Bearer", ReadSecret("REMOTE_WRITE_BEARER_TOKEN_FILE", file));
        if (settings.Username is not { } user) return null;
        var password = settings.PasswordFile is { } path ? ReadSecret("REMOTE_WRITE_PASSWORD_FILE", path) : settings.Password;
        return new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
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
            handler.SslOptions.CertificateChainPolicy = SettingFile.ReadAuthorities("REMOTE_WRITE_CA_FILE", authorities);
        }
        if (settings.CertificateFile is { } certificate)
        {
            handler.SslOptions.ClientCertificates =
            [
                SettingFile.Read("REMOTE_WRITE_CERT_FILE", certificate, path => X509Certificate2.CreateFromPemFile(path, settings.KeyFile)),
            ];
        }
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private static string ReadSecret(string variable, string path)
    {
        var secret = SettingFile.Read(variable, path, path => File.ReadAllText(path).Trim());
        return secret.Length > 0 && !secret.Any(char.IsControl)
            ? secret
            : throw new ForwardingException($"{variable} is \"{path}\", which must contain exactly one line; write the secret into it");
    }
}

/// <summary>The final result of a request, which must not be repeated unchanged.</summary>
/// <param name="Refusal">Why all or part of it was not written, in a sentence without any secret; null if it was.</param>
/// <param name="IsUnsupported">Whether the receiver wrote nothing because it does not support version 2.0.</param>
internal readonly record struct WriteAnswer(string? Refusal = null, bool IsUnsupported = false);

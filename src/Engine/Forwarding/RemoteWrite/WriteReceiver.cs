using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.Buffering;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>A receiver of remote writes. Used by one caller at a time.</summary>
internal sealed class WriteReceiver(RemoteWriteSettings settings, TimeProvider time) : IDisposable
{
    private const string HeaderPrefix = "X-Prometheus-Remote-Write-";
    private const string VersionHeader = HeaderPrefix + "Version";
    private const string WrittenHeaderEnd = "-Written";
    private const string TypeV1 = "application/x-protobuf";
    private const string TypeV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
    private const string OtherVersion = "set REMOTE_WRITE_PROTOCOL to auto or 1.0";

    private readonly HttpReceiver _receiver = new(settings.Receiver, time);

    internal string Name => _receiver.Name;

    /// <exception cref="ForwardingException">The receiver is unreachable, or cannot write now: the caller may retry.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time; the caller may retry.</exception>
    internal Task<WriteAnswer> PostAsync(ByteString body, WriteProtocol protocol, CancellationToken cancellation) =>
        _receiver.SendAsync(() => Request(body, protocol), response => JudgeAsync(response, protocol, cancellation), cancellation);

    public void Dispose() => _receiver.Dispose();

    private async Task<WriteAnswer> JudgeAsync(HttpResponseMessage response, WriteProtocol protocol, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
        {
            return protocol == WriteProtocol.V1 || HasWritten(response)
                ? new()
                : new($"{Name} did not report what it wrote, so it does not support version 2.0; {OtherVersion}", IsUnsupported: true);
        }
        if (response.StatusCode == HttpStatusCode.UnsupportedMediaType && protocol == WriteProtocol.V2)
        {
            return new($"{Name} does not support version 2.0; {OtherVersion}", IsUnsupported: true);
        }
        var isTransient = response.StatusCode is < HttpStatusCode.BadRequest or HttpStatusCode.TooManyRequests
            or >= HttpStatusCode.InternalServerError;
        return new(await _receiver.RefusalAsync(response, isTransient, cancellation).ConfigureAwait(false))
        {
            // A receiver of before 2.0 answers so to what it does not know; one of 2.0 also reports what it wrote.
            MayBeUnsupported = response.StatusCode == HttpStatusCode.BadRequest && protocol == WriteProtocol.V2 && !HasWritten(response),
        };
    }

    private static bool HasWritten(HttpResponseMessage response) => response.Headers.Any(header =>
        header.Key.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase)
        && header.Key.EndsWith(WrittenHeaderEnd, StringComparison.OrdinalIgnoreCase));

    private HttpRequestMessage Request(ByteString body, WriteProtocol protocol)
    {
        var isV1 = protocol == WriteProtocol.V1;
        var request = _receiver.NewRequest(body.Memory, isV1 ? TypeV1 : TypeV2, "snappy");
        request.Headers.Add(VersionHeader, isV1 ? "0.1.0" : "2.0.0");
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
internal readonly record struct WriteAnswer(string? Refusal = null, bool IsUnsupported = false)
{
    /// <summary>Whether the receiver may have rejected it because it does not support version 2.0.</summary>
    public bool MayBeUnsupported { get; init; }
}

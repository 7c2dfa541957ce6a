using System.Collections.Immutable;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding.Buffering;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>How to write to one receiver. Immutable.</summary>
internal sealed record RemoteWriteSettings
{
    private const string DefaultJob = "gunicorn";

    public required Uri Url { get; init; }

    /// <summary>The time between two snapshots, and the time limit of one call.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The labels of every series, including <c>job</c> and <c>instance</c>.</summary>
    public ImmutableArray<Label> Labels { get; init; } = [];

    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    // Basic authentication, with the password or its file; or a bearer token.
    public string? Username { get; init; }
    public string? Password { get; init; }
    public string? PasswordFile { get; init; }
    public string? BearerTokenFile { get; init; }

    // PEM files: the trusted authorities, null for the system's; the client's certificate and its key, null for none.
    public string? AuthorityFile { get; init; }
    public string? CertificateFile { get; init; }
    public string? KeyFile { get; init; }

    /// <summary>The directory that keeps unsent snapshots across restarts; null for memory.</summary>
    public string? BufferDirectory { get; init; }

    /// <summary>The maximum size of the unsent snapshots in bytes; beyond it the oldest are dropped, but never the newest.</summary>
    public long BufferBytes { get; init; } = 64 << 20;

    /// <summary>The protocol version; unspecified selects 2.0, or 1.0 if the receiver does not support 2.0.</summary>
    internal WriteProtocol Protocol { get; init; }

    /// <summary>Whether version 2.0 has the native histograms in place of the classic ones, not beside them.</summary>
    public bool IsNativeOnly { get; init; }

    internal BufferSettings Buffer => new("REMOTE_WRITE_BUFFER_DIR", Interval, BufferDirectory, BufferBytes);

    internal HttpReceiverSettings Receiver => new("remote write", "REMOTE_WRITE_", Url)
    {
        Headers = Headers,
        AuthorityFile = AuthorityFile,
        CertificateFile = CertificateFile,
        KeyFile = KeyFile,
    };

    /// <exception cref="ConfigurationException">A setting is invalid, or contradicts another.</exception>
    public static RemoteWriteSettings From(ExporterConfig config)
    {
        Exclude(config.RemoteWriteUrl is null, "REMOTE_WRITE_URL is not set; set it to the receiver's URL");
        Exclude(
            config.RemoteWriteUsername is null && (config.RemoteWritePassword ?? config.RemoteWritePasswordFile) is not null,
            "REMOTE_WRITE_PASSWORD is set without a user; set REMOTE_WRITE_USERNAME too");
        Exclude(
            config.RemoteWritePassword is not null && config.RemoteWritePasswordFile is not null,
            "REMOTE_WRITE_PASSWORD and REMOTE_WRITE_PASSWORD_FILE are both set; unset one");
        Exclude(
            config.RemoteWriteUsername is not null && config.RemoteWriteBearerTokenFile is not null,
            "REMOTE_WRITE_USERNAME and REMOTE_WRITE_BEARER_TOKEN_FILE are both set; unset one");
        Exclude(
            config.RemoteWriteCertFile is null != config.RemoteWriteKeyFile is null,
            "REMOTE_WRITE_CERT_FILE and REMOTE_WRITE_KEY_FILE belong together; set both or neither");
        return new()
        {
            Url = new(config.RemoteWriteUrl!),
            Interval = TimeSpan.FromSeconds(config.RemoteWriteInterval),
            Labels = LabelsOf(config),
            Headers = NamedValues.Of(config.RemoteWriteHeaders),
            Username = config.RemoteWriteUsername,
            Password = config.RemoteWritePassword,
            PasswordFile = config.RemoteWritePasswordFile,
            BearerTokenFile = config.RemoteWriteBearerTokenFile,
            AuthorityFile = config.RemoteWriteCaFile,
            CertificateFile = config.RemoteWriteCertFile,
            KeyFile = config.RemoteWriteKeyFile,
            BufferDirectory = config.RemoteWriteBufferDir,
            BufferBytes = config.RemoteWriteBufferBytes,
            IsNativeOnly = !config.RemoteWriteClassicHistograms,
            Protocol = config.RemoteWriteProtocol switch
            {
                "1.0" => WriteProtocol.V1,
                "2.0" => WriteProtocol.V2,
                _ => WriteProtocol.Unspecified,
            },
        };
    }

    /// <summary>Without <c>job</c> and <c>instance</c> the series of two hosts would collide.</summary>
    private static ImmutableArray<Label> LabelsOf(ExporterConfig config)
    {
        var labels = new Dictionary<string, string> { ["job"] = DefaultJob, ["instance"] = config.Instance };
        foreach (var (name, value) in NamedValues.Of(config.RemoteWriteExternalLabels)) labels[name] = value;
        return [.. labels.Select(label => new Label(label.Key, label.Value))];
    }

    private static void Exclude(bool holds, string message)
    {
        if (holds) throw new ConfigurationException(message);
    }
}

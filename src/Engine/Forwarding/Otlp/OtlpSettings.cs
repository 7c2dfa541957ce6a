using System.Collections.Immutable;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding.Buffering;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>How to export to one receiver. Immutable.</summary>
internal sealed record OtlpSettings
{
    public required HttpReceiverSettings Receiver { get; init; }

    public required BufferSettings Buffer { get; init; }

    /// <summary>The time limit of one request.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    public bool IsCompressed { get; init; } = true;

    /// <summary>The configured attributes of the resource, by name.</summary>
    public ImmutableSortedDictionary<string, string> Resource { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <exception cref="ConfigurationException">A setting is invalid, or contradicts another.</exception>
    public static OtlpSettings From(ExporterConfig config)
    {
        // Without an invalid value, this is the only supported protocol.
        _ = config.OtlpProtocol;
        if (config.OtlpCertFile is null != config.OtlpKeyFile is null)
        {
            throw new ConfigurationException("OTLP_CERT_FILE and OTLP_KEY_FILE belong together; set both or neither");
        }
        var headers = NamedValues.Decoded(config.OtlpHeaders);
        if (headers.Any(header => header.Value.Any(char.IsControl)))
        {
            throw new ConfigurationException("OTLP_HEADERS contains an encoded control character; remove it");
        }
        return new()
        {
            Receiver = new("OTLP", "OTLP_", new(config.OtlpUrl))
            {
                Headers = headers,
                AuthorityFile = config.OtlpCaFile,
                CertificateFile = config.OtlpCertFile,
                KeyFile = config.OtlpKeyFile,
            },
            Buffer = new("OTLP_BUFFER_DIR", TimeSpan.FromSeconds(config.OtlpInterval), config.OtlpBufferDir, config.OtlpBufferBytes),
            Timeout = TimeSpan.FromMilliseconds(config.OtlpTimeout),
            IsCompressed = config.OtlpCompression == "gzip",
            Resource = ServerResource.Of(config),
        };
    }
}

using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Forwarding.Buffering;

/// <summary>How to reach a receiver over HTTP. Immutable.</summary>
/// <param name="Name">The receiver in a message, without its address.</param>
/// <param name="VariablePrefix">The prefix of the names of its variables, with <c>_</c> at the end.</param>
internal sealed record HttpReceiverSettings(string Name, string VariablePrefix, Uri Url)
{
    public ImmutableArray<KeyValuePair<string, string>> Headers { get; init; } = [];

    // PEM files: the trusted authorities, null for the system's; the client's certificate and its key, null for none.
    public string? AuthorityFile { get; init; }
    public string? CertificateFile { get; init; }
    public string? KeyFile { get; init; }
}

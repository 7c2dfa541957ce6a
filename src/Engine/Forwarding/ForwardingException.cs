using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A snapshot did not reach its destination. The message names the destination without any secret, and the remedy.</summary>
internal sealed class ForwardingException : Exception
{
    public ForwardingException() { }

    public ForwardingException(string message) : base(message) { }

    public ForwardingException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>What the call sent before it failed, and what is still unsent.</summary>
    public Forwarded Forwarded { get; init; }
}

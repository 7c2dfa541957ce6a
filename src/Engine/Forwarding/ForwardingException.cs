using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>A snapshot did not reach its destination. The message names the destination without any secret, and the remedy.</summary>
internal sealed class ForwardingException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>What the call sent before it failed, and what is still unsent.</summary>
    public Forwarded Forwarded { get; init; }
}

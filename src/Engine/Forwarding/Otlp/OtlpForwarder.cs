using GunicornPrometheusExporter.Forwarding.Buffering;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>Exports snapshots to a receiver by OTLP over HTTP, in order.</summary>
internal sealed class OtlpForwarder(OtlpSettings settings, TimeProvider time)
    : BufferedForwarder(new OtlpSender(settings, time), settings.Buffer, time);

using GunicornPrometheusExporter.Forwarding.Buffering;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>Writes snapshots to a receiver by Prometheus remote write, in order.</summary>
internal sealed class RemoteWriteForwarder(RemoteWriteSettings settings, TimeProvider time)
    : BufferedForwarder(new SnapshotSender(settings, time), settings.Buffer, time);

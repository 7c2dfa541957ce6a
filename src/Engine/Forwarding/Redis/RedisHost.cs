using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The data of one instance. Immutable.</summary>
/// <param name="Writer">The forwarder that wrote it.</param>
/// <param name="Sequence">The number of the snapshot.</param>
/// <param name="LayoutId">The id of its layout.</param>
/// <param name="Host">The snapshot.</param>
internal sealed record RedisHost(string Writer, long Sequence, string LayoutId, HostSnapshot Host);

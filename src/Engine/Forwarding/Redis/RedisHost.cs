using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>The data of one instance. Immutable.</summary>
internal sealed record RedisHost(string Writer, long Sequence, string LayoutId, HostSnapshot Host);

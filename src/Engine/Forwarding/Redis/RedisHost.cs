namespace GunicornPrometheusExporter.Forwarding.Redis;

/// <summary>What was read of an instance. Immutable.</summary>
/// <param name="Writer">Who wrote it.</param>
/// <param name="Sequence">The number of the snapshot.</param>
/// <param name="LayoutId">The id of its layout.</param>
/// <param name="Host">The snapshot.</param>
internal sealed record RedisHost(string Writer, long Sequence, string LayoutId, HostSnapshot Host);

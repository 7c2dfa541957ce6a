using System.Collections.Immutable;
using GunicornPrometheusExporter.Forwarding.Otlp;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>Every kind of destination of snapshots, one per line.</summary>
internal static class Destinations
{
    public static ImmutableArray<Destination> All { get; } =
    [
        new(
            "redis", config => config.RedisEnabled, config => new RedisForwarder(config),
            (config, isMerged, hub) => new RedisFleetSource(config, isMerged, hub)),
        new(
            "remote_write", config => config.RemoteWriteUrl is not null,
            config => new RemoteWriteForwarder(RemoteWriteSettings.From(config), TimeProvider.System)),
        new("otlp", config => config.OtlpEnabled, config => new OtlpForwarder(OtlpSettings.From(config), TimeProvider.System)),
    ];
}

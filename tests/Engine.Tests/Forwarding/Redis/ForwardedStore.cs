using System.Collections.Immutable;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Snapshots;
using StackExchange.Redis;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

/// <summary>A store that is forwarded, with the exporters that forward it one after the other.</summary>
internal sealed class ForwardedStore : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _variables;
    private RedisForwarder _forwarder;

    internal ForwardedStore(int port, params (string Name, string Value)[] variables)
    {
        _variables = new()
        {
            ["PROMETHEUS_MULTIPROC_DIR"] = _directory.Path,
            ["REDIS_HOST"] = "127.0.0.1",
            ["REDIS_PORT"] = $"{port}",
            ["GUNICORN_EXPORTER_INSTANCE"] = "web1",
        };
        foreach (var (name, value) in variables) _variables[name] = value;
        _forwarder = new(Config);
    }

    internal string Path => _directory.Path;

    internal ExporterConfig Config
    {
        get
        {
            var config = new ExporterConfig(_variables);
            return config.Validate() ? config : throw new ConfigurationException(config.Errors);
        }
    }

    internal Task<Forwarded> ForwardAsync(SnapshotLayout layout, params double[] values) =>
        _forwarder.ForwardAsync(Snapshots.Of(layout, values), CancellationToken.None);

    /// <summary>Forwards one counter, and incidents.</summary>
    internal Task<Forwarded> ForwardAsync(double value, ImmutableArray<Incident> incidents) =>
        _forwarder.ForwardAsync(Snapshots.Of(One, value) with { Incidents = incidents }, CancellationToken.None);

    /// <summary>Forwards one counter.</summary>
    internal Task<Forwarded> ForwardAsync(double value) => ForwardAsync(One, value);

    /// <summary>The sentence with which a forwarding fails.</summary>
    internal async Task<string> FailAsync() => (await Xunit.Assert.ThrowsAsync<ForwardingException>(() => ForwardAsync(1))).Message;

    /// <summary>Goes on with another exporter.</summary>
    internal async Task RestartAsync(params (string Name, string Value)[] variables)
    {
        await _forwarder.DisposeAsync();
        foreach (var (name, value) in variables) _variables[name] = value;
        _forwarder = new(Config);
    }

    public async ValueTask DisposeAsync()
    {
        await _forwarder.DisposeAsync();
        _directory.Dispose();
    }

    internal static SnapshotLayout One { get; } = Snapshots.Counters(1);

    /// <summary>What stands in one hash: the sample's values, by name and labels, of the snapshot or of the base.</summary>
    internal static async Task<Dictionary<string, double>> ReadAsync(IDatabase redis, string key, bool isBase = false)
    {
        var held = await redis.HashGetAsync(key, isBase
            ? [SnapshotFields.BaseLayoutId, SnapshotFields.BaseLayout, SnapshotFields.BaseValues]
            : [SnapshotFields.LayoutId, SnapshotFields.Layout, SnapshotFields.Values]);
        if (held[1].IsNull) return [];
        var layout = SnapshotCodec.DecodeLayout((byte[]?)held[1], (string)held[0]!);
        var values = new double[layout.SampleCount];
        SnapshotCodec.DecodeValues((byte[]?)held[2], values);
        return layout.Families.SelectMany(family => family.Samples)
            .Select(sample => sample.Name + string.Concat(sample.Labels.Select(label => $" {label.Name}={label.Value}")))
            .Zip(values).ToDictionary(pair => pair.First, pair => pair.Second);
    }
}

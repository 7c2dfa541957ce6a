using System.Collections.Immutable;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>The resource that the metrics describe: one Gunicorn server.</summary>
internal static class ServerResource
{
    private const string DefaultService = "gunicorn";
    private const string ServiceName = "service.name";

    /// <summary>The attributes that do not depend on a snapshot, by name.</summary>
    internal static ImmutableSortedDictionary<string, string> Of(ExporterConfig config)
    {
        var attributes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        attributes[ServiceName] = DefaultService;
        attributes["service.instance.id"] = config.Instance;
        attributes["host.name"] = Environment.MachineName;
        attributes["host.arch"] = RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : "arm64";
        attributes["os.type"] = "linux";
        attributes["process.executable.name"] = "gunicorn";
        foreach (var (name, value) in NamedValues.Decoded(config.OtlpResourceAttributes)) attributes[name] = value;
        if (config.OtlpServiceName is { } service) attributes[ServiceName] = service;
        return attributes.ToImmutable();
    }

    /// <summary>The attributes, with those of the Python that the layout's workers run.</summary>
    internal static Resource Of(ImmutableSortedDictionary<string, string> attributes, SnapshotLayout layout)
    {
        var worker = layout.Families.FirstOrDefault(family => family.Name == MetricCatalogue.WorkerInfo.Name)?.Samples.FirstOrDefault();
        var python = worker?.Labels.FirstOrDefault(label => label.Name == "python").Value;
        var all = attributes.ToBuilder();
        if (!string.IsNullOrEmpty(python))
        {
            all.TryAdd("process.runtime.name", "cpython");
            all.TryAdd("process.runtime.version", python);
        }
        return new() { Attributes = { all.Select(one => Conventions.Attribute(one.Key, one.Value)) } };
    }
}

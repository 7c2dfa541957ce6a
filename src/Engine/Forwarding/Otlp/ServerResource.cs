using System.Collections.Immutable;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Configuration;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>The resource that the metrics describe: one Gunicorn server.</summary>
/// <remarks>
/// It has no process id and no version of Python: some receivers make every attribute a label, so an attribute that changes when
/// processes restart would start new series. <c>gunicorn.worker.info</c> has both.
/// </remarks>
internal static class ServerResource
{
    private const string DefaultService = "gunicorn";
    private const string ServiceName = "service.name";

    /// <summary>The attributes, by name.</summary>
    internal static ImmutableSortedDictionary<string, string> Of(ExporterConfig config)
    {
        var attributes = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        attributes[ServiceName] = DefaultService;
        attributes["service.instance.id"] = config.Instance;
        attributes["host.name"] = Environment.MachineName;
        attributes["host.arch"] = RuntimeInformation.OSArchitecture == Architecture.X64 ? "amd64" : "arm64";
        attributes["os.type"] = "linux";
        attributes["process.executable.name"] = "gunicorn";
        attributes["process.runtime.name"] = "cpython";
        foreach (var (name, value) in NamedValues.Decoded(config.OtlpResourceAttributes)) attributes[name] = value;
        if (config.OtlpServiceName is { } service) attributes[ServiceName] = service;
        return attributes.ToImmutable();
    }
}

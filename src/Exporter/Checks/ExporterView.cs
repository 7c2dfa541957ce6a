using GunicornPrometheusExporter.Exporter.Control;
using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>The metrics of an exporter, for checks. Immutable.</summary>
/// <param name="Name">The exporter's name in findings.</param>
/// <param name="All">Every sample, including the application's.</param>
/// <param name="Now">The samples about Gunicorn and the exporter.</param>
internal sealed record ExporterView(string Name, IReadOnlyList<Sample> All, Samples Now)
{
    /// <summary>The status of each forwarder, as far as the exporter reports it.</summary>
    internal IReadOnlyDictionary<string, ForwarderReport> Forwarders { get; init; } = new Dictionary<string, ForwarderReport>();

    internal ExporterView(string name, IReadOnlyList<Sample> all, DateTimeOffset time) : this(name, all, new Samples(time, all)) { }
}

using GunicornPrometheusExporter.Exporter.Readings;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>What an exporter says, for checks. Immutable.</summary>
/// <param name="Name">How a finding names it.</param>
/// <param name="All">Every sample, the application's among them.</param>
/// <param name="Now">Those about Gunicorn and the exporter.</param>
internal sealed record ExporterView(string Name, IReadOnlyList<Sample> All, Samples Now)
{
    internal ExporterView(string name, IReadOnlyList<Sample> all, DateTimeOffset time) : this(name, all, new Samples(time, all)) { }
}

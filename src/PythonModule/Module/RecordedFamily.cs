using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.PythonModule.Module;

/// <summary>A family, and its series that were recorded in through Python's metric classes.</summary>
internal sealed class RecordedFamily(MetricFamily family)
{
    /// <summary>The family.</summary>
    internal MetricFamily Family { get; } = family;

    /// <summary>Its series.</summary>
    internal SeriesCache Cache { get; } = new();
}

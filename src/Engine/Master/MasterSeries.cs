using System.Collections.Immutable;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Master;

/// <summary>One series that the master writes, and the place of its value.</summary>
/// <param name="Family">The family.</param>
/// <param name="Labels">The series' labels.</param>
/// <param name="Path">The file.</param>
/// <param name="Offset">The value's offset in bytes, a multiple of eight.</param>
internal sealed record MasterSeries(MetricFamily Family, ImmutableArray<Label> Labels, string Path, int Offset);

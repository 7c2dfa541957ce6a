namespace GunicornPrometheusExporter.Exposition;

/// <summary>A family of an <see cref="ExpositionLayout"/>, and where its lines are.</summary>
/// <param name="Header">The lines above the samples.</param>
/// <param name="Start">The index of the first line.</param>
/// <param name="Count">How many there are.</param>
/// <param name="OpenMetrics">What OpenMetrics can make of it beside the families in front of it.</param>
internal readonly record struct FamilyLines(FamilyHeader Header, int Start, int Count, OpenMetricsKind OpenMetrics);

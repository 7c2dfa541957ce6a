namespace GunicornPrometheusExporter.Exposition;

/// <summary>A family of an <see cref="ExpositionLayout"/>, and where its lines are.</summary>
/// <param name="Header">The lines above the samples.</param>
/// <param name="Start">The index of the first line.</param>
/// <param name="Count">The number of lines.</param>
/// <param name="OpenMetrics">How OpenMetrics exposes it, given the names that earlier families reserve.</param>
internal readonly record struct FamilyLines(FamilyHeader Header, int Start, int Count, OpenMetricsKind OpenMetrics);

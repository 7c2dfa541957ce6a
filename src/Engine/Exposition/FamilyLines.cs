namespace GunicornPrometheusExporter.Exposition;

/// <summary>A family of an <see cref="ExpositionLayout"/>, and where its lines are.</summary>
/// <remarks>Its header in OpenMetrics depends on the names that earlier families reserve; null if it cannot be exposed.</remarks>
internal readonly record struct FamilyLines(FamilyHeader Header, int Start, int Count, byte[]? OpenMetrics);

namespace GunicornPrometheusExporter.Exposition;

/// <summary>How OpenMetrics exposes a family, given that each type reserves more names than it exposes.</summary>
internal enum OpenMetricsKind
{
    /// <summary>Under its type.</summary>
    Typed,

    /// <summary>A counter under its full name and without a type, because another family has the name without <c>_total</c>.</summary>
    Untyped,

    /// <summary>Not at all: another family reserves its name.</summary>
    LeftOut,
}

namespace GunicornPrometheusExporter.Exposition;

/// <summary>How a family stands in OpenMetrics, where a type reserves more names than it exposes.</summary>
internal enum OpenMetricsKind
{
    /// <summary>Under its type.</summary>
    Typed,

    /// <summary>A counter, under its full name and without a type: the name without <c>_total</c> is another family's.</summary>
    Untyped,

    /// <summary>Not at all: its name is reserved by another family.</summary>
    LeftOut,
}

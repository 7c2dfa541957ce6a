namespace GunicornPrometheusExporter.Exposition;

/// <summary>How OpenMetrics exposes a family; a type reserves more names there than it exposes.</summary>
internal enum OpenMetricsKind
{
    /// <summary>Under its type.</summary>
    Typed,

    /// <summary>A counter, under its full name and without a type: the name without <c>_total</c> is another family's.</summary>
    Untyped,

    /// <summary>Not at all: its name is reserved by another family.</summary>
    LeftOut,
}

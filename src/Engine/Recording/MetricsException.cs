namespace GunicornPrometheusExporter.Recording;

/// <summary>A recording that makes no sense: a wrong label, a wrong value, an unknown family.</summary>
/// <remarks>The caller's mistake. What the store cannot do is a <c>StoreException</c> instead.</remarks>
internal sealed class MetricsException : Exception
{
    /// <summary>A mistake described by a sentence that names the family, what was given and what was expected.</summary>
    public MetricsException(string message) : base(message) { }
}

namespace GunicornPrometheusExporter.Recording;

/// <summary>The caller's mistake: a wrong label, a wrong value, an unknown family.</summary>
/// <remarks>A failure of the store raises <c>StoreException</c> instead.</remarks>
internal sealed class MetricsException : Exception
{
    /// <summary>The message names the family, the given value and the expected one.</summary>
    public MetricsException(string message) : base(message) { }
}

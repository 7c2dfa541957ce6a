namespace GunicornPrometheusExporter.Recording;

/// <summary>The caller's mistake: a wrong label, a wrong value, an unknown family.</summary>
/// <remarks>A failure of the store raises <c>StoreException</c> instead.</remarks>
/// <param name="message">Names the family, the given value and the expected one.</param>
internal sealed class MetricsException(string message) : Exception(message);

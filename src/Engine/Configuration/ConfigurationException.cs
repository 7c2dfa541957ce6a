namespace GunicornPrometheusExporter.Configuration;

/// <summary>A setting has an invalid value.</summary>
/// <remarks>An unusable store directory throws <c>StoreException</c> instead.</remarks>
internal sealed class ConfigurationException : Exception
{
    /// <summary>The message names the variable, its value and the remedy.</summary>
    public ConfigurationException(string message) : base(message) { }

    public ConfigurationException(IEnumerable<ConfigurationError> errors)
        : this(string.Join('\n', errors.Select(error => error.Message))) { }
}

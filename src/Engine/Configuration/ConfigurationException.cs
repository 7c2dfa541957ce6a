namespace GunicornPrometheusExporter.Configuration;

/// <summary>A setting was read whose variable has an invalid value.</summary>
/// <remarks>A directory that cannot be used is a <c>StoreException</c> instead.</remarks>
internal sealed class ConfigurationException : Exception
{
    /// <summary>A failure described by a sentence that names the variable, its value and the remedy.</summary>
    public ConfigurationException(string message) : base(message) { }

    public ConfigurationException(IEnumerable<ConfigurationError> errors)
        : this(string.Join('\n', errors.Select(error => error.Message))) { }
}

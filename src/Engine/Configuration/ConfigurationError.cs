namespace GunicornPrometheusExporter.Configuration;

/// <summary>One variable whose value cannot be used.</summary>
/// <param name="Variable">The variable's name; that of the variable for the file, if the file is invalid.</param>
/// <param name="Value">Its value as given; masked if it is a secret.</param>
internal sealed record ConfigurationError(string Variable, string Value, string Remedy)
{
    /// <summary>The error in one sentence.</summary>
    public string Message { get; init; } = $"{Variable} is \"{Value}\"; set it to {Remedy}";
}

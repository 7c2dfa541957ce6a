namespace GunicornPrometheusExporter.Configuration;

/// <summary>The value of a setting in the file.</summary>
/// <param name="Text">The text as the environment variable would have it; null if invalid, which an error of the file reports.</param>
/// <param name="Line">The line in the file, counted from 1.</param>
internal sealed record FileSetting(string? Text, long Line);

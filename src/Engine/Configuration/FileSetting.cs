namespace GunicornPrometheusExporter.Configuration;

/// <summary>A file's value of one setting.</summary>
/// <param name="Text">The text, in the form of the variable; null if it is invalid, which an error of the file reports.</param>
/// <param name="Line">The line in the file, from 1.</param>
internal sealed record FileSetting(string? Text, long Line);

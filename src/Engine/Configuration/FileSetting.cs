namespace GunicornPrometheusExporter.Configuration;

/// <summary>What a file states of one setting.</summary>
/// <param name="Text">The text, as the variable would have it; null if it cannot be used, which an error of the file tells.</param>
/// <param name="Line">Where, the first line being 1.</param>
internal sealed record FileSetting(string? Text, long Line);

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>An entry at a source that is not a readable host snapshot.</summary>
/// <param name="Reason">The fault, in one sentence without a full stop.</param>
internal sealed record SkippedEntry(string Name, SkipKind Kind, string Reason);

namespace GunicornPrometheusExporter.Forwarding;

/// <summary>An entry at a source that is not a readable host snapshot, and why: one sentence without a full stop.</summary>
internal sealed record SkippedEntry(string Name, SkipKind Kind, string Reason);

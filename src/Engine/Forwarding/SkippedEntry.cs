namespace GunicornPrometheusExporter.Forwarding;

/// <summary>An entry that describes no host.</summary>
/// <param name="Name">Its name at the source.</param>
/// <param name="Kind">What kind of fault it has.</param>
/// <param name="Reason">What is wrong with it, in one sentence without a full stop.</param>
internal sealed record SkippedEntry(string Name, SkipKind Kind, string Reason);

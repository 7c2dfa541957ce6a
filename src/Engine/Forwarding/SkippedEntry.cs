namespace GunicornPrometheusExporter.Forwarding;

/// <summary>An entry that says nothing about a host.</summary>
/// <param name="Name">What it is called where it is.</param>
/// <param name="Kind">What kind of fault it has.</param>
/// <param name="Reason">What is wrong with it, in one sentence without a full stop.</param>
internal sealed record SkippedEntry(string Name, SkipKind Kind, string Reason);

namespace GunicornPrometheusExporter.Published.Tests;

/// <summary>How a program ended and what it said.</summary>
internal sealed record Outcome(int Status, string Output, string Errors);

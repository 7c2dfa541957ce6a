namespace GunicornPrometheusExporter.Engine.Tests.Exposition;

/// <summary>What <c>prometheus_client</c> reads in an exposition.</summary>
/// <param name="Samples">The value of each sample as Python writes it, its exemplar behind it.</param>
/// <param name="Types">The type of each family.</param>
/// <param name="Units">The unit of each family that has one.</param>
public sealed record ParsedExposition(
    Dictionary<string, string> Samples, Dictionary<string, string> Types, Dictionary<string, string> Units);

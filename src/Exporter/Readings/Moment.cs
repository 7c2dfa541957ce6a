namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>What one reading found new: a column of the heat strip.</summary>
internal sealed record Moment(DateTimeOffset Time, Traffic Traffic);

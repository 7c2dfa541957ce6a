namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The new requests of one read: a column of the heat strip.</summary>
internal sealed record Moment(DateTimeOffset Time, Traffic Traffic);

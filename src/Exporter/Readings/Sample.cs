namespace GunicornPrometheusExporter.Exporter.Readings;

internal readonly record struct Sample(SnapshotSample Key, double Value)
{
    /// <summary>The value of a label; empty if the sample does not have it.</summary>
    internal string this[string label] => Key.Labels.FirstOrDefault(own => own.Name == label).Value ?? "";
}

using GunicornPrometheusExporter.Snapshots;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>One sample and its value.</summary>
internal readonly record struct Sample(SnapshotSample Key, double Value)
{
    internal string this[string label]
    {
        get
        {
            foreach (var (name, value) in Key.Labels)
            {
                if (name == label) return value;
            }
            return "";
        }
    }
}

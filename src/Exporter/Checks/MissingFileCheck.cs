using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether every live worker still has the file that it counts in.</summary>
internal static class MissingFileCheck
{
    internal static IEnumerable<Finding> Find(StoreView store)
    {
        foreach (var number in store.Workers)
        {
            var name = new StoreFileName(MetricType.Counter, default, false, SlotName.Of(SlotKind.Worker, number)).ToString();
            if (!File.Exists(Path.Combine(store.Directory, name)))
            {
                yield return Finding.Error(
                    $"{store.Directory}: {SlotName.LabelOf(SlotKind.Worker, number)} lives, but its file {name} was removed, " +
                    "and what it counts is lost; reload Gunicorn, and let nothing else remove files of the store");
            }
        }
    }
}

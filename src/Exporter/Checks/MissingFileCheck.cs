namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether the store still has the file of every live worker.</summary>
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
                    $"{store.Directory}: {SlotName.LabelOf(SlotKind.Worker, number)} is live, but its file {name} was removed, " +
                    "so its values are lost; reload Gunicorn, and make sure that nothing else removes files from the store");
            }
        }
    }
}

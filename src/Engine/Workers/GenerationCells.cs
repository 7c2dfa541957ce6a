using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;

namespace GunicornPrometheusExporter.Workers;

/// <summary>What a worker records of one generation of Python's garbage collector; made at its first collection.</summary>
internal sealed class GenerationCells(MetricWriter metrics, string generation)
{
    private readonly Cell _collections = metrics.Locate(MetricCatalogue.WorkerCollections, [metrics.WorkerId, generation]);
    private readonly Cell _seconds = metrics.Locate(MetricCatalogue.WorkerCollectionSeconds, [metrics.WorkerId, generation]);
    private readonly Cell _collected = metrics.Locate(MetricCatalogue.WorkerCollectedObjects, [metrics.WorkerId, generation]);

    internal void Add(double seconds, long collected, long uncollectable)
    {
        _collections.Add(1);
        _seconds.Add(seconds);
        _collected.Add(collected);
        // Rare enough to look up each time.
        if (uncollectable == 0) return;
        metrics.Locate(MetricCatalogue.WorkerUncollectableObjects, [metrics.WorkerId, generation]).Add(uncollectable);
    }
}

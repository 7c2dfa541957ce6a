using GunicornPrometheusExporter.Diagnostics;

namespace GunicornPrometheusExporter.Workers;

/// <remarks>
/// Python's garbage collections. The interpreter may collect wherever Python code runs, also where the engine calls it: nothing
/// else shares this state.
/// </remarks>
internal sealed partial class PrometheusWorker
{
    private readonly GenerationCells?[] _generations = new GenerationCells?[3];
    private double _collectionStart = double.NaN;

    /// <summary>Records that a collection begins.</summary>
    public void CollectionStarted() => _collectionStart = MonotonicClock.Seconds();

    /// <summary>Records a collection; ignores one whose beginning nobody reported, and a generation that CPython does not have.</summary>
    public void CollectionFinished(long generation, long collected, long uncollectable)
    {
        var seconds = MonotonicClock.Seconds() - _collectionStart;
        _collectionStart = double.NaN;
        if (double.IsNaN(seconds) || generation < 0 || generation >= _generations.Length) return;
        var cells = _generations[generation] ??= new GenerationCells(Metrics, $"{generation}");
        cells.Add(seconds, collected, uncollectable);
    }
}

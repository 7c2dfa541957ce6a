namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The damaged files of a store, each counted once, by scrapes and compaction together. Safe for any number of threads.</summary>
internal sealed class DamagedFiles
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    /// <summary>The files that are still damaged. Allocates nothing if there are none.</summary>
    internal string[] Known
    {
        get
        {
            lock (_gate) return [.. _known];
        }
    }

    /// <summary>Records a damaged file. Returns false if it was already recorded.</summary>
    internal bool TryAdd(string fileName)
    {
        lock (_gate)
        {
            if (!_known.Add(fileName)) return false;
            _count++;
            return true;
        }
    }

    /// <summary>Records that a file is readable again or gone, so that a file of this name is counted again if it is damaged.</summary>
    internal void Remove(string fileName)
    {
        lock (_gate) _known.Remove(fileName);
    }
}

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The damaged files of a store, each counted once, whether a scrape or a fold finds it. Safe for any number of threads.</summary>
internal sealed class DamagedFiles
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    /// <summary>Those that still stand as they were found; without any it allocates nothing.</summary>
    internal string[] Known
    {
        get
        {
            lock (_gate) return [.. _known];
        }
    }

    /// <summary>Notes a damaged file.</summary>
    internal bool TryAdd(string fileName)
    {
        lock (_gate)
        {
            if (!_known.Add(fileName)) return false;
            _count++;
            return true;
        }
    }

    /// <summary>Notes that a file is readable again, or gone: the next damage of one of that name is another one.</summary>
    internal void Remove(string fileName)
    {
        lock (_gate) _known.Remove(fileName);
    }
}

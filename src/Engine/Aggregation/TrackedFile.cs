using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>A file of the store, with what earlier scrapes have read from it.</summary>
internal sealed class TrackedFile : IDisposable
{
    private readonly SeriesIndex _index;

    public TrackedFile(string path, FamilyTable families)
    {
        Path = path;
        FileName = System.IO.Path.GetFileName(path);
        HasKnownName = StoreFileName.TryParse(FileName, out var name);
        Name = name;
        if (HasKnownName && name.TryGetSlot(out var kind, out var number)) Slot = (kind, number);
        _index = families.IndexOf(name, Slot is not null);
        Reader = new StoreFileReader(path, _index.SeriesOf, withTimestamps: Rule == GaugeMode.MostRecent);
    }

    public string Path { get; }

    public string FileName { get; }

    /// <summary>The parsed name, if <see cref="HasKnownName"/>.</summary>
    public StoreFileName Name { get; }

    public bool HasKnownName { get; }

    /// <summary>The slot that owns the file; null for a file of another library.</summary>
    public (SlotKind Kind, int Number)? Slot { get; }

    public GaugeMode Rule => Name.Rule;

    public StoreFileReader Reader { get; }

    /// <summary>The index of each entry's series, in the order of the file.</summary>
    public ReadOnlySpan<int> Series => Reader.Series;

    /// <summary>When its counters and histograms were created, in seconds since the epoch; infinite if unknown.</summary>
    public double Created { get; private set; } = double.PositiveInfinity;

    /// <summary>The scrape that last saw it in the directory.</summary>
    public int SeenAt { get; set; }

    public bool IsMerged { get; set; }

    /// <summary>Whether the last read found it damaged.</summary>
    public bool IsQuarantined { get; set; }

    /// <summary>The series of the entry whose value is at an offset; null without one.</summary>
    public int? SeriesAt(int offset) =>
        Reader.Offsets.BinarySearch(offset) is var index && index >= 0 && index < Series.Length ? Series[index] : null;

    public void Dispose() => Reader.Dispose();

    public void Clear()
    {
        Reader.Clear();
        _index.Clear();
    }

    /// <summary>Applies the last read. Returns whether the set of series or the time of creation changed.</summary>
    public bool Update()
    {
        var created = Name.Type != MetricType.Gauge && Slot is not null && Reader.Created > 0
            ? Reader.Created
            : double.PositiveInfinity;
        var isNew = created != Created;
        Created = created;
        return isNew || Reader.IsChanged;
    }
}

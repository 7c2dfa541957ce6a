using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Merges the slots' exemplars and native histograms, by series.</summary>
/// <remarks>
/// They are read after the classic histograms, and only for a format that exposes them. Workers record an observation in the
/// native histogram first, so its count is never lower. A steady scrape allocates nothing per series. Not thread-safe.
/// </remarks>
internal sealed class MergedHistogramDetails(string directory, ILogger logger)
{
    private readonly ExemplarReader _exemplarReader = new();
    private readonly NativeHistogramReader _nativeReader = new();
    private readonly Dictionary<int, Exemplar> _exemplars = [];
    private readonly Dictionary<int, NativeHistogram> _natives = [];
    private readonly HashSet<string> _quarantined = new(StringComparer.Ordinal);

    public long CorruptFiles { get; private set; }

    /// <summary>The newest exemplar of each bucket, by the bucket's series.</summary>
    public IReadOnlyDictionary<int, Exemplar> Exemplars => _exemplars;

    /// <summary>The native histograms, by the series of their sums.</summary>
    public IReadOnlyDictionary<int, NativeHistogram> Natives => _natives;

    public void Clear()
    {
        _exemplars.Clear();
        _natives.Clear();
    }

    public void ReadExemplars(IReadOnlyList<TrackedFile> files)
    {
        _exemplars.Clear();
        foreach (var file in files.Where(HasDetails))
        {
            TryRead(ExemplarFormat.NameOf(file.Name.Owner), path => _exemplarReader.Read(
                path, file.Reader.Created, (bucket, in exemplar) => Add(file.SeriesAt(bucket), exemplar)));
        }
    }

    public void ReadNatives(IReadOnlyList<TrackedFile> files)
    {
        foreach (var native in _natives.Values) native.Clear();
        foreach (var file in files.Where(HasDetails))
        {
            TryRead(NativeHistogramFormat.NameOf(file.Name.Owner), path => _nativeReader.Read(
                path, file.Reader.Created,
                (sum, schema, zeroCount, buckets) => NativeOf(file.SeriesAt(sum))?.Add(schema, zeroCount, buckets)));
        }
    }

    private static bool HasDetails(TrackedFile file) =>
        file is { IsMerged: true, Slot: not null, Name.Type: MetricType.Histogram };

    private void Add(int? series, in Exemplar exemplar)
    {
        if (series is not { } index) return;
        ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(_exemplars, index, out _);
        if (exemplar.Time > newest.Time) newest = exemplar;
    }

    private NativeHistogram? NativeOf(int? series)
    {
        if (series is not { } index) return null;
        ref var native = ref CollectionsMarshal.GetValueRefOrAddDefault(_natives, index, out _);
        return native ??= new NativeHistogram();
    }

    private void TryRead(string name, Action<string> read)
    {
        var path = Path.Combine(directory, name);
        try
        {
            read(path);
            _quarantined.Remove(path);
        }
        catch (Exception e)
        {
            if (!_quarantined.Add(path)) return;
            ScrapeLog.FileQuarantined(logger, e.Message);
            CorruptFiles++;
        }
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Exposition;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>What the slots keep beside their histograms: exemplars and native histograms, by series.</summary>
/// <remarks>
/// Read after the histograms themselves, and only for a format that shows it: so a native histogram, which is recorded
/// before its classic one, never has less. A steady scrape allocates nothing for a series. Not thread-safe.
/// </remarks>
internal sealed class MergedExtras
{
    private static readonly SearchValues<byte> Hexadecimal = SearchValues.Create("0123456789abcdef"u8);

    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly SideFileReader _reader = new();
    private readonly SideFileReader _again = new();
    private readonly Dictionary<int, Exemplar> _exemplars = [];
    private readonly Dictionary<int, NativeHistogram> _natives = [];
    private readonly HashSet<string> _setAside = new(StringComparer.Ordinal);

    /// <summary>Nothing yet.</summary>
    /// <param name="directory">The store.</param>
    /// <param name="logger">Told of each damaged file once.</param>
    public MergedExtras(string directory, ILogger logger) => (_directory, _logger) = (directory, logger);

    /// <summary>Damaged files so far.</summary>
    public long CorruptFiles { get; private set; }

    /// <summary>The newest exemplar of each bucket, as last read.</summary>
    public IReadOnlyDictionary<int, Exemplar> Exemplars => _exemplars;

    /// <summary>The native histogram of each series, by that of its sum, as last read.</summary>
    public IReadOnlyDictionary<int, NativeHistogram> Natives => _natives;

    /// <summary>Forgets every series.</summary>
    public void Clear()
    {
        _exemplars.Clear();
        _natives.Clear();
    }

    /// <summary>Reads the exemplars.</summary>
    /// <param name="files">The files of the store.</param>
    public void ReadExemplars(IReadOnlyList<TrackedFile> files)
    {
        _exemplars.Clear();
        foreach (var file in files) Read(file, ExemplarFormat.NameOf, AddExemplars);
    }

    /// <summary>Reads the native histograms.</summary>
    /// <param name="files">The files of the store.</param>
    public void ReadNatives(IReadOnlyList<TrackedFile> files)
    {
        foreach (var native in _natives.Values) native.Clear();
        foreach (var file in files) Read(file, NativeHistogramFormat.NameOf, AddNatives);
    }

    private void Read(TrackedFile file, Func<string, string> nameOf, Action<TrackedFile, string> add)
    {
        if (!file.IsMerged || file.Slot is null || file.Name.Type != MetricType.Histogram) return;
        var path = Path.Combine(_directory, nameOf(file.Name.Owner));
        try
        {
            add(file, path);
            _setAside.Remove(path);
        }
        catch (Exception e) when (e is CorruptFileException or StoreException)
        {
            if (!_setAside.Add(path)) return;
            ScrapeLog.FileSetAside(_logger, e.Message);
            CorruptFiles++;
        }
    }

    private void AddExemplars(TrackedFile file, string path)
    {
        var content = _reader.Read(path, ExemplarFormat.MaximumSize);
        if (content.Length < ExemplarFormat.HeaderSize || MemoryMarshal.Read<uint>(content[ExemplarFormat.Created..]) != file.Reader.Created) return;
        if (MemoryMarshal.Read<ulong>(content) != ExemplarFormat.Magic) throw new CorruptFileException(path, "it has no header of a file of exemplars");
        // What is the same twice did not change in between.
        var again = _again.Read(path, ExemplarFormat.MaximumSize);
        var end = Math.Min(content.Length, again.Length) - ExemplarFormat.EntrySize;
        for (var offset = ExemplarFormat.HeaderSize; offset <= end; offset += ExemplarFormat.EntrySize)
        {
            var entry = content.Slice(offset, ExemplarFormat.EntrySize);
            var bucket = MemoryMarshal.Read<int>(entry[ExemplarFormat.Offset..]);
            if (bucket == 0) return;
            if (entry.SequenceEqual(again.Slice(offset, entry.Length)) && file.SeriesAt(bucket) is { } series) Add(series, entry);
        }
    }

    private void Add(int series, ReadOnlySpan<byte> entry)
    {
        var time = MemoryMarshal.Read<double>(entry[ExemplarFormat.Time..]);
        var value = MemoryMarshal.Read<double>(entry[ExemplarFormat.Value..]);
        if (MemoryMarshal.Read<uint>(entry) % 2 == 1 || !(time > 0) || !double.IsFinite(time) || !double.IsFinite(value)) return;
        if (_exemplars.TryGetValue(series, out var known) && known.Time >= time) return;
        var context = MemoryMarshal.Read<TraceContext>(entry[ExemplarFormat.Trace..]);
        if (((ReadOnlySpan<byte>)context).ContainsAnyExcept(Hexadecimal)) return;
        _exemplars[series] = new Exemplar(value, time, context);
    }

    private void AddNatives(TrackedFile file, string path)
    {
        var content = _reader.Read(path, NativeHistogramFormat.MaximumSize);
        if (content.Length < NativeHistogramFormat.HeaderSize || MemoryMarshal.Read<uint>(content[NativeHistogramFormat.Created..]) != file.Reader.Created) return;
        var schema = MemoryMarshal.Read<int>(content[NativeHistogramFormat.Schema..]);
        var used = MemoryMarshal.Read<int>(content[NativeHistogramFormat.Used..]);
        if (MemoryMarshal.Read<ulong>(content) != NativeHistogramFormat.Magic
            || schema is < NativeHistogramFormat.LowestSchema or > NativeHistogramFormat.HighestSchema
            || used < NativeHistogramFormat.HeaderSize || used > content.Length)
        {
            throw new CorruptFileException(path, "it has no header of a file of native histograms");
        }
        var size = NativeHistogramFormat.EntrySize(schema);
        for (var offset = NativeHistogramFormat.HeaderSize; offset <= used - size; offset += size)
        {
            var entry = content.Slice(offset, size);
            if (file.SeriesAt(MemoryMarshal.Read<int>(entry)) is not { } series) continue;
            ref var native = ref CollectionsMarshal.GetValueRefOrAddDefault(_natives, series, out _);
            native ??= new NativeHistogram();
            native.Add(
                schema, MemoryMarshal.Read<ulong>(entry[NativeHistogramFormat.ZeroCount..]),
                MemoryMarshal.Cast<byte, ulong>(entry[NativeHistogramFormat.Buckets..]));
        }
    }
}

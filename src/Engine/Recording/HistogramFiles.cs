using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>The exemplar file of a slot, and its native histogram file if those are enabled.</summary>
internal sealed class HistogramFiles : IDisposable
{
    private HistogramFiles(NativeHistogramWriter? natives, ExemplarWriter exemplars) => (Natives, Exemplars) = (natives, exemplars);

    /// <summary>Null if native histograms are disabled.</summary>
    internal NativeHistogramWriter? Natives { get; }

    internal ExemplarWriter Exemplars { get; }

    /// <summary>Opens the files of a slot that this process holds.</summary>
    /// <param name="nativeSchema">From -4 to 8; null disables native histograms and removes their file.</param>
    /// <exception cref="StoreException">A file cannot be opened, mapped or allocated.</exception>
    public static HistogramFiles Open(SlotStore store, int? nativeSchema)
    {
        var owner = SlotName.Of(store.Kind, store.Number);
        var created = store.FileOf(MetricType.Histogram).Created;
        var natives = Path.Combine(store.Directory, NativeHistogramFormat.NameOf(owner));
        var exemplarPath = Path.Combine(store.Directory, ExemplarFormat.NameOf(owner));
        if (nativeSchema is null || StoreFiles.IsIrregular(natives)) StoreFiles.Clear(natives);
        if (StoreFiles.IsIrregular(exemplarPath)) StoreFiles.Clear(exemplarPath);
        var exemplars = ExemplarWriter.Open(exemplarPath, created);
        try
        {
            return new(nativeSchema is { } schema ? NativeHistogramWriter.Open(natives, schema, created) : null, exemplars);
        }
        catch
        {
            exemplars.Dispose();
            throw;
        }
    }

    /// <summary>All exemplar and native histogram files of a store, with the names of their slots.</summary>
    internal static IEnumerable<(string Path, string Owner)> In(string directory) =>
        from format in new[]
        {
            (NativeHistogramFormat.Prefix, NativeHistogramFormat.Extension), (ExemplarFormat.Prefix, ExemplarFormat.Extension),
        }
        from path in Directory.GetFiles(directory, $"{format.Prefix}*{format.Extension}")
        select (path, Path.GetFileNameWithoutExtension(path)[format.Prefix.Length..]);

    public void Dispose()
    {
        Natives?.Dispose();
        Exemplars.Dispose();
    }
}

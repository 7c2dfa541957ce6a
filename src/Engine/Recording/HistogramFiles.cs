using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Recording;

/// <summary>What a slot keeps of its histograms beside their cells: native histograms, where they are on, and exemplars.</summary>
internal sealed class HistogramFiles : IDisposable
{
    private HistogramFiles(NativeHistogramWriter? natives, ExemplarWriter exemplars) => (Natives, Exemplars) = (natives, exemplars);

    /// <summary>The native histograms; null if they are off.</summary>
    internal NativeHistogramWriter? Natives { get; }

    /// <summary>The exemplars.</summary>
    internal ExemplarWriter Exemplars { get; }

    /// <summary>Opens the files of a slot that this process holds.</summary>
    /// <param name="store">The slot.</param>
    /// <param name="nativeSchema">The schema of native histograms, -4 to 8; null to record none, and to forget those there are.</param>
    /// <exception cref="StoreException">A file cannot be opened, mapped or allocated.</exception>
    public static HistogramFiles Open(SlotStore store, int? nativeSchema)
    {
        ArgumentNullException.ThrowIfNull(store);
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

    /// <summary>The files of a store that such as these made, each with the name of its slot.</summary>
    internal static IEnumerable<(string Path, string Owner)> In(string directory) =>
        from format in new[]
        {
            (NativeHistogramFormat.Prefix, NativeHistogramFormat.Extension), (ExemplarFormat.Prefix, ExemplarFormat.Extension),
        }
        from path in Directory.GetFiles(directory, $"{format.Prefix}*{format.Extension}")
        select (path, Path.GetFileNameWithoutExtension(path)[format.Prefix.Length..]);

    /// <inheritdoc/>
    public void Dispose()
    {
        Natives?.Dispose();
        Exemplars.Dispose();
    }
}

using System.Collections.Immutable;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Adds what a scrape has read and how long it took, and fixed series that no process has recorded yet.</summary>
internal sealed class ScrapeSamples(TimeProvider time, Func<long> corruptFiles) : ISampleSource
{
    /// <summary>The labels of <c>gunicorn_exporter_build_info</c>.</summary>
    public static ImmutableArray<Label> BuildLabels { get; } =
    [
        new("revision", ProductVersion.Revision), new("runtime", RuntimeInformation.FrameworkDescription),
        new("version", ProductVersion.Text),
    ];

    private long _start;
    private int _files;
    private long _bytes;

    public string Name => "scrape";

    public void Begin() => _start = time.GetTimestamp();

    /// <summary>Begins a pass over the files; only the last one counts.</summary>
    public void BeginPass() => (_files, _bytes) = (0, 0);

    public void Count(TrackedFile file)
    {
        _files++;
        _bytes += file.Reader.Used;
    }

    public void Add(FamilyTable families)
    {
        families.Set(MetricCatalogue.BuildInfo, 1, BuildLabels);
        families.Set(MetricCatalogue.StoreFiles, _files);
        families.Set(MetricCatalogue.StoreBytes, _bytes);
        families.Set(MetricCatalogue.CorruptFiles, corruptFiles());
        families.Set(MetricCatalogue.SeriesDropped, families.DroppedSeries);
        foreach (var label in MetricCatalogue.OverflowLabels)
        {
            families.Ensure(MetricCatalogue.LabelOverflow, new Label("label", label));
        }
        families.Ensure(MetricCatalogue.Dropped);
        families.Ensure(MetricCatalogue.MasterWorkerRestarts);
        families.Ensure(MetricCatalogue.Compactions);
        families.Set(MetricCatalogue.ScrapeDuration, time.GetElapsedTime(_start).TotalSeconds);
    }
}

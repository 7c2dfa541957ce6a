using System.Globalization;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Engine.Tests.Exposition;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class WorkerProcessTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PrometheusWorker _worker;

    public WorkerProcessTests() => _worker =
        new PrometheusWorker(SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);

    public void Dispose()
    {
        _worker.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_collection_is_counted_with_its_time_and_objects_by_generation()
    {
        _worker.CollectionStarted();
        _worker.CollectionFinished(2, 30, 0);
        _worker.CollectionStarted();
        _worker.CollectionFinished(2, 12, 1);
        _worker.CollectionStarted();
        _worker.CollectionFinished(0, 5, 0);

        Assert.Equal(2, Sample("gunicorn_worker_gc_collections_total{generation=2,worker_id=worker_1}"));
        Assert.Equal(42, Sample("gunicorn_worker_gc_objects_collected_total{generation=2,worker_id=worker_1}"));
        Assert.Equal(1, Sample("gunicorn_worker_gc_objects_uncollectable_total{generation=2,worker_id=worker_1}"));
        Assert.Equal(1, Sample("gunicorn_worker_gc_collections_total{generation=0,worker_id=worker_1}"));
        Assert.InRange(Sample("gunicorn_worker_gc_seconds_total{generation=2,worker_id=worker_1}"), 0, 60);
    }

    [Fact]
    public void A_collection_without_a_beginning_or_of_an_unknown_generation_is_ignored()
    {
        _worker.CollectionFinished(1, 1, 1);
        _worker.CollectionStarted();
        _worker.CollectionFinished(3, 1, 1);
        _worker.CollectionStarted();
        _worker.CollectionFinished(-1, 1, 1);
        Assert.DoesNotContain(Read().Samples.Keys, name => name.StartsWith("gunicorn_worker_gc", StringComparison.Ordinal));
    }

    [Fact]
    public void What_the_kernel_counts_for_the_process_is_recorded()
    {
        Span<double> before = stackalloc double[ProcessStatistics.UsageCount], after = stackalloc double[ProcessStatistics.UsageCount];
        ProcessStatistics.ReadUsage(before);
        _worker.UpdateWorkerMetrics();
        ProcessStatistics.ReadUsage(after);

        string[] samples =
        [
            "cpu_seconds_total{mode=user", "cpu_seconds_total{mode=system", "page_faults_total{kind=minor", "page_faults_total{kind=major",
            "context_switches_total{kind=voluntary", "context_switches_total{kind=involuntary",
        ];
        for (var i = 0; i < samples.Length; i++) Assert.InRange(Sample($"gunicorn_worker_{samples[i]},worker_id=worker_1}}"), before[i], after[i]);
        Assert.InRange(Sample("gunicorn_worker_threads{worker_id=worker_1}"), 2, 1000);
        Assert.InRange(Sample("gunicorn_worker_open_fds{worker_id=worker_1}"), 5, Sample("gunicorn_worker_max_fds{}"));
    }

    [Fact]
    public void Limits_are_those_of_the_process()
    {
        // "Max open files            1024                 524288               files"
        var line = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture);
        Assert.Equal(soft, Libc.LimitOf(Libc.OpenFilesLimit));
    }

    [Fact]
    public void Where_a_directory_has_no_size_its_entries_are_counted()
    {
        File.WriteAllText(_directory["another"], "");
        Assert.Equal(
            Directory.GetFileSystemEntries(_directory.Path).Length,
            Libc.CountEntries(System.Text.Encoding.UTF8.GetBytes(_directory.Path + "\0")));
        Assert.Null(Libc.CountEntries("/no/such/directory\0"u8));
    }

    private double Sample(string name) => Read().Samples[name];

    private ExpositionText Read() => Scraped.Once(_directory.Path);
}

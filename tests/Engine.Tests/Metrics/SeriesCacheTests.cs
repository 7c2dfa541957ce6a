using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Metrics;

public sealed class SeriesCacheTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SlotStore _store;

    public SeriesCacheTests() => _store = SlotStore.Open(_directory.Path, SlotKind.Process, EntryLayout.ValueOnly);

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_series_that_may_be_kept_records_what_the_writer_records()
    {
        var writer = new MetricWriter(_store);
        var counter = writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_1"]);
        var gauge = writer.Record(MetricCatalogue.WorkerMemory, MetricType.Gauge, 1, ["worker_1"]);
        var histogram = writer.Record(MetricCatalogue.WorkerRequestDuration, MetricType.Histogram, 0.5, ["worker_1"]);

        foreach (var series in (Series[])[counter, gauge, histogram]) series.Record(2);

        Assert.Equal(3, writer.Locate(MetricCatalogue.WorkerRequests, ["worker_1"]).Value);
        Assert.Equal(2, writer.Locate(MetricCatalogue.WorkerMemory, ["worker_1"]).Value);
        Assert.Equal(2.5, SumOf(MetricCatalogue.WorkerRequestDuration));
    }

    [Fact]
    public void A_series_past_a_bound_is_not_kept_so_that_each_recording_is_counted()
    {
        var writer = new MetricWriter(_store, maximumLabelValues: 1);

        Assert.False(writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_1"]).IsNone);
        Assert.True(writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_2"]).IsNone);
        Assert.True(writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_2"]).IsNone);
        Assert.False(writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, [LabelBounds.Other]).IsNone);

        Assert.Equal(3, writer.Locate(MetricCatalogue.WorkerRequests, [LabelBounds.Other]).Value);
        Assert.Equal(2, writer.OverflowOf("worker_id").Value);
    }

    [Fact]
    public void A_series_merged_into_another_is_not_kept_so_that_each_recording_is_counted()
    {
        var writer = new MetricWriter(_store, maximumSeries: 0);

        Assert.True(writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_9"]).IsNone);
        Assert.True(writer.Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_9"]).IsNone);

        Assert.Equal(2, writer.OverflowOf(MetricCatalogue.SeriesOverflow).Value);
    }

    [Fact]
    public void A_full_cache_starts_again()
    {
        var series = new MetricWriter(_store).Record(MetricCatalogue.WorkerRequests, MetricType.Counter, 1, ["worker_1"]);
        var cache = new SeriesCache();
        for (var i = 0; i < SeriesCache.MaximumSize; i++) cache.Put(BitConverter.GetBytes(i), series);
        Assert.True(cache.TryFind(BitConverter.GetBytes(0), out _));

        cache.Put("one more"u8, series);

        Assert.False(cache.TryFind(BitConverter.GetBytes(0), out _));
        Assert.True(cache.TryFind("one more"u8, out var found));
        Assert.False(found.IsNone);
    }

    private double SumOf(MetricFamily family)
    {
        var key = new StoreKey(new byte[1024]);
        key.Write(family.StoreName, family.Name + MetricFamily.SumSuffix, [new Label("worker_id", "worker_1")], family.Help);
        return _store.FileOf(MetricType.Histogram).GetOrAdd(key.Written).Value;
    }
}

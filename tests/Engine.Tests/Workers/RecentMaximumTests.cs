using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Workers;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Workers;

public sealed class RecentMaximumTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void It_is_kept_for_one_to_two_minutes()
    {
        using var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped);
        var gauge = store.FileOf(MetricType.Gauge).GetOrAdd("""["peak","peak",{},"h"]"""u8);
        var maximum = new RecentMaximum(gauge);

        double At(double now, double value)
        {
            maximum.Observe(now, value);
            return gauge.Value;
        }

        Assert.Equal([3, 7, 7, 7, 2, 0], [At(1000, 3), At(1001, 7), At(1002, 7), At(1070, 2), At(1131, 0), At(1300, 0)]);
    }

    [Fact]
    public void A_worker_keeps_the_most_connections_that_waited_for_a_thread_at_once()
    {
        using var worker = new PrometheusWorker(
            SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped), TimeProvider.System);
        worker.LimitConnections(1000);
        for (var connection = 0; connection < 5; connection++) worker.ThreadAwaited();
        for (var connection = 0; connection < 5; connection++) worker.ThreadTaken(1);
        worker.ThreadAwaited();
        worker.ThreadTaken(1);
        worker.SetConnections(0, 0);

        Assert.Equal(5, worker.Metrics.Locate(MetricCatalogue.WorkerConnectionsWaitingPeak, ["worker_1"]).Value);
    }
}

using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Master;

public sealed class PrometheusMasterTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Restarts_signals_and_configured_workers_are_recorded_where_prepare_lays_them_out()
    {
        using (var master = SetUp())
        {
            master.WorkerRestarted();
            master.WorkerExited("timeout");
            master.WorkerExited("unknown");
            master.SetConfiguredWorkers(4);
            master.HandleHup();
            master.HandleTtin();
            master.HandleTtou();
            master.HandleChld();
            master.HandleUsr1();
            master.HandleUsr2();
            master.HandleUsr2();
        }
        using var files = new MasterFiles(_directory.Path, 1, EntryLayout.Timestamped);
        Assert.Equal(1, files.CellOf(MetricCatalogue.MasterWorkerRestarts).Value);
        Assert.Equal(1, files.CellOf(MetricCatalogue.WorkerExits, new Label("reason", "timeout")).Value);
        Assert.Equal(1, files.CellOf(MetricCatalogue.WorkerExits, new Label("reason", "unknown")).Value);
        Assert.Equal(0, files.CellOf(MetricCatalogue.WorkerExits, new Label("reason", "graceful")).Value);
        Assert.Equal(4, files.CellOf(MetricCatalogue.Workers, new Label("state", "configured")).Value);
        double[] expected = [1, 1, 1, 1, 1, 2, 0, 0, 0, 0];
        Assert.Equal(expected, MasterSignalNames.All.Select(name => files.CellOf(MetricCatalogue.MasterSignals, new Label("signal", name)).Value));
    }

    [Fact]
    public void Processor_time_is_counted_as_it_is_used_and_goes_on_with_the_next_master()
    {
        using (var master = SetUp())
        {
            master.CountProcessorTime();
            master.CountProcessorTime();
        }
        var usage = Environment.CpuUsage;
        var first = Counted();
        Assert.InRange(first.User, 0.001, usage.UserTime.TotalSeconds + 0.011);
        Assert.InRange(first.System, 0.001, usage.PrivilegedTime.TotalSeconds + 0.011);
        using (new SlotHolder(_directory.Path, SlotKind.Worker, 1))
        {
            using var next = SetUp();
            next.CountProcessorTime();
        }
        Assert.True(Counted().User >= 2 * first.User);

        (double User, double System) Counted()
        {
            using var files = new MasterFiles(_directory.Path, 1, EntryLayout.Timestamped);
            double Of(string mode) => files.CellOf(MetricCatalogue.MasterCpuSeconds, new Label("mode", mode)).Value;
            return (Of("user"), Of("system"));
        }
    }

    [Fact]
    public void An_unknown_signal_or_reason_is_refused()
    {
        using var master = SetUp();
        var mistake = Assert.Throws<MetricsException>(() => master.Signal("segv"));
        Assert.Contains("not 'segv'", mistake.Message, StringComparison.Ordinal);
        mistake = Assert.Throws<MetricsException>(() => master.WorkerExited("boredom"));
        Assert.Contains("not 'boredom'", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_master_that_ends_in_order_takes_its_run_file_along()
    {
        var master = SetUp();
        Assert.True(File.Exists(_directory["master-1.run"]));
        master.Dispose();
        Assert.False(File.Exists(_directory["master-1.run"]));
    }

    private PrometheusMaster SetUp() => PrometheusMaster.SetUpMasterMetrics(
        new ExporterConfig(new Dictionary<string, string> { ["PROMETHEUS_MULTIPROC_DIR"] = _directory.Path }), EntryLayout.Timestamped);
}

using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;
using GunicornPrometheusExporter.Workers;

namespace GunicornPrometheusExporter.Master;

/// <summary>
/// Records what one Gunicorn master does: the engine's side of Python's class of the same name, which adds to the same
/// values by their offsets because no runtime may start in a process that forks workers.
/// </summary>
/// <remarks>One a process; not thread-safe. Disposing it says that the run ended in order.</remarks>
public sealed class PrometheusMaster : IDisposable
{
    private const int Attempts = 5;

    private readonly PreparedMaster _prepared;
    private readonly SlotTable _slots;
    private readonly MasterFiles _files;
    private (double User, double System) _lastUsage;

    private PrometheusMaster(PreparedMaster prepared, SlotTable slots, MasterFiles files)
    {
        (_prepared, _slots, _files) = (prepared, slots, files);
    }

    /// <summary>Prepares the store and takes a master's slot in it.</summary>
    /// <param name="config">The settings.</param>
    /// <param name="layout">The layout of files that are made.</param>
    /// <exception cref="ConfigurationException">A variable cannot be used.</exception>
    /// <exception cref="StoreException">The store cannot be used, or other masters took each slot first.</exception>
    public static PrometheusMaster SetUpMasterMetrics(ExporterConfig config, EntryLayout layout)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var prepared = MasterPreparation.Run(config, layout);
            var slots = SlotTable.Open(prepared.Directory);
            var number = (int)(prepared.PidByte - SlotTable.PidByteOf(SlotKind.Master, 0));
            if (slots.TryTake(SlotKind.Master, number))
            {
                return new PrometheusMaster(prepared, slots, new MasterFiles(prepared.Directory, number, layout));
            }
            slots.Dispose();
        }
        throw new StoreException($"{config.PrometheusMultiprocDir}: other masters took the slot {Attempts} times over");
    }

    /// <summary>Counts a signal that the master handled.</summary>
    /// <param name="name">One of <see cref="MasterSignalNames.All"/>.</param>
    /// <exception cref="MetricsException">There is no such signal.</exception>
    public void Signal(string name)
    {
        if (!MasterSignalNames.All.Contains(name))
        {
            throw new MetricsException(
                $"{MetricCatalogue.MasterSignals.Name} has the signals {string.Join(", ", MasterSignalNames.All)}, not '{name}'");
        }
        _files.CellOf(MetricCatalogue.MasterSignals, new Label("signal", name)).Add(1);
    }

    /// <summary>HUP: reload the configuration.</summary>
    public void HandleHup() => Signal("hup");

    /// <summary>TTIN: one worker more.</summary>
    public void HandleTtin() => Signal("ttin");

    /// <summary>TTOU: one worker less.</summary>
    public void HandleTtou() => Signal("ttou");

    /// <summary>CHLD: a child ended.</summary>
    public void HandleChld() => Signal("chld");

    /// <summary>USR1: reopen the logs.</summary>
    public void HandleUsr1() => Signal("usr1");

    /// <summary>USR2: start a second master.</summary>
    public void HandleUsr2() => Signal("usr2");

    /// <summary>Counts a worker that was started to replace one that ended.</summary>
    public void WorkerRestarted() => _files.CellOf(MetricCatalogue.MasterWorkerRestarts).Add(1);

    /// <summary>Counts a worker that ended.</summary>
    /// <param name="reason">One of <see cref="WorkerExitReasons.All"/>, or <see cref="WorkerExitReasons.Unknown"/>.</param>
    /// <exception cref="MetricsException">There is no such reason.</exception>
    public void WorkerExited(string reason)
    {
        if (reason != WorkerExitReasons.Unknown && !WorkerExitReasons.All.Contains(reason))
        {
            throw new MetricsException(
                $"{MetricCatalogue.WorkerExits.Name} has the reasons {string.Join(", ", WorkerExitReasons.All)}, not '{reason}'");
        }
        _files.CellOf(MetricCatalogue.WorkerExits, new Label("reason", reason)).Add(1);
    }

    /// <summary>Counts the processor time that the process has used since the last call.</summary>
    public void CountProcessorTime()
    {
        var usage = ProcessFigures.ProcessorSeconds();
        _files.CellOf(MetricCatalogue.MasterCpuSeconds, new Label("mode", "user")).Add(usage.User - _lastUsage.User);
        _files.CellOf(MetricCatalogue.MasterCpuSeconds, new Label("mode", "system")).Add(usage.System - _lastUsage.System);
        _lastUsage = usage;
    }

    /// <summary>Sets how many workers the master is told to keep.</summary>
    public void SetConfiguredWorkers(int count) =>
        _files.CellOf(MetricCatalogue.Workers, new Label("state", "configured")).Set(count);

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _slots.Dispose();
        File.Delete(_prepared.RunFile);
    }
}

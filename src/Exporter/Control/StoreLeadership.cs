using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>Holds the store's leader lock: only its holder forwards, and serves the control socket.</summary>
/// <remarks>A second exporter, as during an upgrade, waits until the first one exits.</remarks>
internal sealed class StoreLeadership(
    string directory, ConfiguredForwarders forwarders, SharedScrape scrapes, BackgroundWork work, ILoggerFactory loggers) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = loggers.CreateLogger("control");
    private SlotTable? _slots;
    private KeptDirectory? _kept;
    private string? _fault;
    private string? _reported;

    /// <summary>Whether this exporter is the leader: its forwarders run.</summary>
    internal bool IsHeld { get; private set; }

    /// <summary>
    /// Takes the leader lock when it is free, and holds it until <paramref name="end"/>; takes it again if the store is recreated.
    /// </summary>
    internal async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await work.RunAsync(() => HoldAsync(end));
            await WaitAsync(end);
        }
    }

    public void Dispose() => Close();

    private async Task<string?> HoldAsync(CancellationToken end)
    {
        _fault = null;
        if (!TryTake()) return _fault;
        await using var control = await TryServeAsync();
        IsHeld = true;
        try
        {
            await forwarders.Manager.StartAllAsync();
            if (_fault is null) Recover();
            while (_slots!.IsInPlace() && !end.IsCancellationRequested) await WaitAsync(end);
        }
        finally
        {
            IsHeld = false;
            if (control is not null) await control.EndAsync();
            await forwarders.Manager.StopAllAsync();
        }
        return _fault;
    }

    private static async Task WaitAsync(CancellationToken end) =>
        await Task.Delay(Pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private bool TryTake()
    {
        try
        {
            if (_slots?.IsInPlace() == false) Close();
            _slots ??= SlotTable.OpenOwn(directory);
            _kept ??= KeptDirectory.TryKeep(directory);
            return _slots?.TryTakeLeadership() == true;
        }
        catch (StoreException e)
        {
            Report(e);
            return false;
        }
    }

    private void Close()
    {
        _slots?.Dispose();
        _kept?.Dispose();
        (_slots, _kept) = (null, null);
    }

    private async Task<WebApplication?> TryServeAsync()
    {
        try
        {
            return await ControlServer.StartAsync(directory, forwarders, scrapes, loggers);
        }
        catch (Exception e) when (e is StoreException or IOException)
        {
            Report(e);
            return null;
        }
    }

    private void Report(Exception fault)
    {
        if (fault.Message != _reported) _log.NoControl(fault.Message);
        _reported = _fault = fault.Message;
    }

    private void Recover()
    {
        _reported = null;
        work.Succeed();
    }
}

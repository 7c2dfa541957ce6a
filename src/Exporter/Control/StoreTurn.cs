using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>What only the leader among the exporters of a store does: it forwards, and serves the control socket.</summary>
/// <remarks>A second exporter, as during an upgrade, waits until the first exits.</remarks>
internal sealed class StoreTurn(
    string directory, ConfiguredForwarders forwarders, SharedScrape scrapes, BackgroundWork work, ILoggerFactory loggers) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = loggers.CreateLogger("control");
    private SlotTable? _slots;
    private KeptDirectory? _kept;
    private string? _reported;

    /// <summary>Whether this exporter holds the leader lock and runs its forwarders.</summary>
    internal bool IsHeld { get; private set; }

    /// <summary>Waits for the leader lock and holds it until the end; does so again if the store is recreated.</summary>
    internal async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await work.RunAsync(() => HoldAsync(end));
            await WaitAsync(end);
        }
    }

    public void Dispose() => Close();

    private async Task HoldAsync(CancellationToken end)
    {
        if (!TryTake()) return;
        await using var control = await TryServeAsync();
        IsHeld = true;
        try
        {
            await forwarders.Manager.StartAllAsync();
            while (_slots!.StillStands() && !end.IsCancellationRequested) await WaitAsync(end);
        }
        finally
        {
            IsHeld = false;
            if (control is not null) await control.EndAsync();
            await forwarders.Manager.StopAllAsync();
        }
    }

    private static async Task WaitAsync(CancellationToken end) =>
        await Task.Delay(Pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private bool TryTake()
    {
        try
        {
            // Open as long as the store exists: closing it would release the locks that accounting for deaths takes.
            if (_slots?.StillStands() == false) Close();
            _slots ??= SlotTable.OpenOwn(directory);
            _kept ??= KeptDirectory.TryKeep(directory);
            return _slots?.TryTakeTurn() == true;
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
        _reported = fault.Message;
    }
}

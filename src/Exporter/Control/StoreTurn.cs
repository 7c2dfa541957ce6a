using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Exporter.Control;

/// <summary>What one exporter of a store does and no other: it forwards, and lets itself be controlled.</summary>
/// <remarks>A second one, as during an upgrade, waits until the first has ended.</remarks>
internal sealed class StoreTurn(
    string directory, ConfiguredForwarders forwarders, SharedScrape scrapes, ILoggerFactory loggers)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ILogger _log = loggers.CreateLogger("control");
    private bool _isReported;

    /// <summary>Waits for the turn and takes it, until the end; anew where the store is removed and made again.</summary>
    internal async Task RunAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            using var slots = TryTake();
            if (slots is not null)
            {
                await using var control = await TryServeAsync();
                await forwarders.Manager.StartAllAsync();
                while (slots.StillStands() && !end.IsCancellationRequested) await WaitAsync(end);
                if (control is not null) await control.EndAsync();
                await forwarders.Manager.StopAllAsync();
            }
            await WaitAsync(end);
        }
    }

    private static async Task WaitAsync(CancellationToken end) =>
        await Task.Delay(Pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private SlotTable? TryTake()
    {
        try
        {
            var slots = SlotTable.OpenOwn(directory);
            if (slots?.TryTakeTurn() == true) return slots;
            slots?.Dispose();
        }
        catch (StoreException e)
        {
            Report(e);
        }
        return null;
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
        if (!_isReported) _log.NoControl(fault.Message);
        _isReported = true;
    }
}

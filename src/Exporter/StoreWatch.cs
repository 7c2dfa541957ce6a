using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>Watches whether Gunicorn records in the store that stands at the path from which this exporter reads.</summary>
/// <remarks>
/// Whoever removes, renames, replaces or empties a store takes nothing from the processes that have its files open: they record
/// on, where nobody reads. Their locks on the old lock file show it. Not thread-safe.
/// </remarks>
/// <param name="directory">The store; it need not exist yet.</param>
/// <param name="master">The Gunicorn master that started this exporter; null if none did.</param>
/// <param name="log">Told of each loss once.</param>
internal sealed class StoreWatch(string directory, int? master, ILogger log) : IDisposable
{
    private const int Hidden = 0;

    // Open, so that its locks can be asked for when no path leads to it any more.
    private SlotTable? _slots;
    private string? _reported;

    /// <returns>Why Gunicorn does not record where this exporter reads, with the remedy; null if it does, or does not run.</returns>
    internal string? Look()
    {
        var reason = Reason();
        if (reason is not null && reason != _reported) log.StoreIsLost(reason);
        return _reported = reason;
    }

    public void Dispose() => _slots?.Dispose();

    private string? Reason()
    {
        try
        {
            return IsInUse()
                ? null
                : $"{directory} was removed, renamed or replaced while Gunicorn records in it; reload Gunicorn (SIGHUP)";
        }
        catch (StoreException e)
        {
            return e.Message;
        }
    }

    private bool IsInUse()
    {
        if (_slots?.StillStands() != true)
        {
            // A standalone exporter has no other sign of a server than the locks in the store that it saw.
            if (master is null && _slots is { } old && IsHeld(old)) return false;
            _slots?.Dispose();
            _slots = null;
            _slots = SlotTable.OpenExisting(directory);
        }
        // One that has just exited takes this exporter with it.
        return master is not { } process || !MasterProcess.IsParent(process) || (_slots is { } slots && IsHeldBy(slots, process));
    }

    private static bool IsHeld(SlotTable slots) => slots.Held(SlotKind.Master).Count > 0 || slots.Held(SlotKind.Worker).Count > 0;

    private static bool IsHeldBy(SlotTable slots, int process) => slots.Held(SlotKind.Master)
        .Any(number => slots.HolderOf(SlotKind.Master, number) is { } holder && (holder == process || holder == Hidden));
}

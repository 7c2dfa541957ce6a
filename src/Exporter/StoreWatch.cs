using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Slots;

namespace GunicornPrometheusExporter.Exporter;

/// <summary>Checks that Gunicorn records in the same store that this exporter reads. Logs each loss once.</summary>
/// <remarks>
/// If someone removes, renames, replaces or empties a store, processes with open files keep recording into the old files,
/// which no exporter reads. Their locks on the old lock file reveal this. A standalone exporter
/// has no master. Not thread-safe.
/// </remarks>
internal sealed class StoreWatch(string directory, int? master, ILogger log) : IDisposable
{
    private const int Hidden = 0;

    // Kept open, so that the locks can still be read when no path leads to the file.
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
        if (_slots?.IsInPlace() != true)
        {
            // A standalone exporter recognises a server only by the locks in the store that it has seen.
            if (master is null && _slots?.IsInUse() == true) return false;
            _slots?.Dispose();
            _slots = null;
            _slots = SlotTable.OpenExisting(directory);
        }
        // When the master exits, this exporter exits too.
        return master is not { } process || !MasterProcess.IsParent(process)
            || _slots?.HoldersOf(SlotKind.Master).Any(holder => holder == process || holder == Hidden) == true;
    }
}

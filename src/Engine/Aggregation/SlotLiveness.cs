using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The slots that live processes hold, as of the last refresh. Not thread-safe.</summary>
internal sealed class SlotLiveness(string directory, ILogger logger) : IDisposable
{
    private SlotTable? _slots;
    private HashSet<(SlotKind Kind, int Number)> _held = [];
    private bool _isReported;

    public int Count(SlotKind kind) => _held.Count(slot => slot.Kind == kind);

    public bool IsHeld(SlotKind kind, int number) => _held.Contains((kind, number));

    /// <summary>The pids of the live masters; 0 for a master in another PID namespace.</summary>
    public IReadOnlyCollection<int> Masters { get; private set; } = [];

    /// <summary>The pids of the live dirty arbiters; 0 for one in another PID namespace.</summary>
    public IReadOnlyCollection<int> Arbiters { get; private set; } = [];

    /// <summary>Reads which slots are held; on an error all count as free. Returns whether that changed.</summary>
    public bool Refresh()
    {
        var held = new HashSet<(SlotKind, int)>();
        List<int> masters = [], arbiters = [];
        try
        {
            if (_slots is not null && !_slots.IsInPlace()) Close();
            _slots ??= SlotTable.OpenExisting(directory);
            foreach (var kind in Enum.GetValues<SlotKind>())
            {
                foreach (var number in _slots?.Held(kind) ?? []) held.Add((kind, number));
            }
            foreach (var (kind, number) in held)
            {
                if (kind is not (SlotKind.Master or SlotKind.Arbiter) || _slots?.HolderOf(kind, number) is not { } pid) continue;
                (kind == SlotKind.Master ? masters : arbiters).Add(pid);
            }
            _isReported = false;
        }
        catch (StoreException e)
        {
            if (!_isReported) ScrapeLog.SlotsNotRead(logger, e.Message);
            _isReported = true;
        }
        var isChanged = !held.SetEquals(_held);
        (_held, Masters, Arbiters) = (held, masters, arbiters);
        return isChanged;
    }

    /// <summary>Waits for a running compaction of the store, then blocks compaction. Does nothing if locks are not available.</summary>
    public void StopFolding()
    {
        try
        {
            _slots?.HoldOffPreparation();
        }
        catch (StoreException e)
        {
            ScrapeLog.SlotsNotRead(logger, e.Message);
        }
    }

    /// <summary>Permits compaction again.</summary>
    public void ResumeFolding() => _slots?.EndPreparation();

    public void Dispose() => Close();

    private void Close()
    {
        _slots?.Dispose();
        _slots = null;
    }
}

using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Who of our processes lives, as of the last refresh. Not thread-safe.</summary>
internal sealed class SlotLiveness : IDisposable
{
    private readonly string _directory;
    private readonly ILogger _logger;
    private SlotTable? _slots;
    private HashSet<(SlotKind Kind, int Number)> _held = [];
    private bool _isReported;

    public SlotLiveness(string directory, ILogger logger)
    {
        _directory = directory;
        _logger = logger;
    }

    public int Count(SlotKind kind) => _held.Count(slot => slot.Kind == kind);

    public bool IsHeld(SlotKind kind, int number) => _held.Contains((kind, number));

    /// <summary>The pids of the masters, 0 for each that is in a PID namespace which this one does not show.</summary>
    public IReadOnlyCollection<int> Masters { get; private set; } = [];

    /// <summary>Asks again who holds the slots. If that cannot be known, all count as free.</summary>
    /// <returns>Whether a slot was taken or given up.</returns>
    public bool Refresh()
    {
        var held = new HashSet<(SlotKind, int)>();
        var masters = new List<int>();
        try
        {
            if (_slots is not null && !_slots.StillStands()) Close();
            _slots ??= SlotTable.OpenExisting(_directory);
            foreach (var kind in (ReadOnlySpan<SlotKind>)[SlotKind.Worker, SlotKind.Master, SlotKind.Process, SlotKind.Exporter])
            {
                foreach (var number in _slots?.Held(kind) ?? []) held.Add((kind, number));
            }
            foreach (var (kind, number) in held)
            {
                if (kind == SlotKind.Master && _slots?.HolderOf(kind, number) is { } pid) masters.Add(pid);
            }
            _isReported = false;
        }
        catch (StoreException e)
        {
            if (!_isReported) ScrapeLog.SlotsNotRead(_logger, e.Message);
            _isReported = true;
        }
        var isChanged = !held.SetEquals(_held);
        (_held, Masters) = (held, masters);
        return isChanged;
    }

    /// <summary>Waits until nobody folds files of the store, and keeps it so. Where locks cannot be had, does nothing.</summary>
    public void StopFolding()
    {
        try
        {
            _slots?.HoldOffPreparation();
        }
        catch (StoreException e)
        {
            ScrapeLog.SlotsNotRead(_logger, e.Message);
        }
    }

    /// <summary>Lets files be folded again.</summary>
    public void ResumeFolding() => _slots?.EndPreparation();

    public void Dispose() => Close();

    private void Close()
    {
        _slots?.Dispose();
        _slots = null;
    }
}

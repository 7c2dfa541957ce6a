using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Flights;

/// <remarks>
/// A worker's state changes by one store: the worker writes the next record whole, the store makes it the last one, and
/// only then do the cells get their values. Once <see cref="FlightRecovery"/> has applied the rest, a worker killed at any
/// instruction has begun or finished a request in every respect or in none.
/// </remarks>
internal sealed unsafe partial class FlightTableWriter
{
    // The addresses of the slot's mapped files.
    private readonly byte* _counters;
    private readonly byte* _histograms;

    // The cells that the next record changes.
    private readonly Cell[] _cells = new Cell[CellChanges.Capacity];
    private readonly Cell _busy;
    private int _planned;

    // The two records of the header, which swap roles at each commit.
    private ChangeRecord* _last;
    private ChangeRecord* _next;

    /// <summary>Plans an addition for the next commit.</summary>
    /// <param name="cell">A counter's or a histogram's, of the slot; not planned yet. <see cref="Cell.IsNone"/> is ignored.</param>
    /// <exception cref="InvalidOperationException">Too many cells are planned.</exception>
    public void Plan(Cell cell, double amount)
    {
        if (cell.IsNone) return;
        if (_planned == CellChanges.Capacity) throw new InvalidOperationException("a request changes too many cells");
        // SAFETY: the record lies in the mapped header and has room for another change.
        var change = (CellChange*)&_next->Changes + _planned;
        var offset = cell.Address - _counters;
        var isCounter = (ulong)offset < StoreFileWriter.MaximumSize;
        change->File = isCounter ? 0 : 1;
        change->Offset = (int)(isCounter ? offset : cell.Address - _histograms);
        change->Value = cell.Value + amount;
        _cells[_planned++] = cell;
    }

    /// <summary>Commits everything that began, finished or was planned since the last commit.</summary>
    /// <param name="now">The time, in seconds of the monotonic clock.</param>
    /// <param name="ended">
    /// The token of a finished request, for which <see cref="TryFind"/> just found an entry. The entry is freed; its bytes
    /// stay until another request takes it.
    /// </param>
    public void Commit(double now, long ended = NoEntry)
    {
        if (ended != NoEntry) InFlight--;
        // SAFETY: both records lie in the mapped header.
        ref readonly var last = ref *_last;
        ref var next = ref *_next;
        var busy = last.InFlight * (now - last.LastChange);
        Plan(_busy, busy);
        next.BusyTotal = last.BusyTotal + busy;
        next.LastChange = now;
        next.InFlight = InFlight;
        next.Ended = ended == NoEntry ? NoEntry : IndexOf(ended);
        next.Count = _planned;

        ref var header = ref Header;
        var committed = header.Committed + 1;
        Volatile.Write(ref header.Committed, committed);
        Volatile.WriteBarrier();
        var change = (CellChange*)&_next->Changes;
        foreach (var cell in _cells.AsSpan(0, _planned)) cell.Set((change++)->Value);
        if (ended != NoEntry) Free(next.Ended);
        Volatile.Write(ref header.Applied, committed);
        _planned = 0;
        var reserve = _last;
        _last = _next;
        _next = reserve;
    }

    private void Free(int index)
    {
        // TryFind found the token's record, so index is below _allocated.
        RecordAt(index).State = FlightState.Free;
        _nextFree[index] = _firstFree;
        _firstFree = index;
    }
}

using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Flights;

/// <summary>One commit of a worker: its requests in flight, and every cell that changes with them.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct ChangeRecord
{
    internal const int Size = 32 + (CellChanges.Capacity * CellChange.Size);

    [FieldOffset(0)] internal int InFlight;

    /// <summary>The entry that the commit frees, or <see cref="FlightTableWriter.NoEntry"/>.</summary>
    [FieldOffset(4)] internal int Ended;

    /// <summary>Requests in flight integrated over time until <see cref="LastChange"/>, in seconds.</summary>
    [FieldOffset(8)] internal double BusyTotal;

    [FieldOffset(16)] internal double LastChange;
    [FieldOffset(24)] internal int Count;
    [FieldOffset(32)] internal CellChanges Changes;

    /// <summary>Requests in flight integrated over time, in seconds, until a time on the clock of <see cref="LastChange"/>.</summary>
    internal readonly double BusySecondsAt(double time) => BusyTotal + (InFlight * Math.Max(0, time - LastChange));

    /// <summary>Sets the cells. Repeating it changes nothing, as long as nobody else writes them.</summary>
    internal readonly void Apply(StoreFileWriter counters, StoreFileWriter histograms)
    {
        var count = Math.Clamp(Count, 0, CellChanges.Capacity);
        foreach (ref readonly var change in ((ReadOnlySpan<CellChange>)Changes)[..count])
        {
            (change.File == 0 ? counters : histograms).CellAt(change.Offset).Set(change.Value);
        }
    }
}

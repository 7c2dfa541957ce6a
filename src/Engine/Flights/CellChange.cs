using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Flights;

/// <summary>A cell and the value that a commit gives it.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct CellChange
{
    internal const int Size = 16;

    /// <summary>0 for a cell of the slot's counters, 1 for one of its histograms.</summary>
    [FieldOffset(0)] internal int File;

    /// <summary>The offset of the value in that file, in bytes.</summary>
    [FieldOffset(4)] internal int Offset;

    [FieldOffset(8)] internal double Value;
}

/// <summary>Room for the cells that a finished request changes.</summary>
[InlineArray(Capacity)]
internal struct CellChanges
{
    internal const int Capacity = 32;

    private CellChange _first;
}

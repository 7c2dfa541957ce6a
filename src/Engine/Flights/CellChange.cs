using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Flights;

/// <summary>The value that a cell is about to have.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct CellChange
{
    internal const int Size = 16;

    /// <summary>0 for a cell of the slot's counters, 1 for one of its histograms.</summary>
    [FieldOffset(0)]
    internal int File;

    /// <summary>Where it lies in that file.</summary>
    [FieldOffset(4)]
    internal int Offset;

    [FieldOffset(8)]
    internal double Value;
}

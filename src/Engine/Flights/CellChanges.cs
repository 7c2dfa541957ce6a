using System.Runtime.CompilerServices;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Room for the cells that a finished request changes.</summary>
[InlineArray(Capacity)]
internal struct CellChanges
{
    internal const int Capacity = 32;

    private CellChange _first;
}

using System.Runtime.CompilerServices;

namespace GunicornPrometheusExporter.Files;

/// <summary>One value in a mapped store file; writing to it is the last step of a recording.</summary>
/// <remarks>
/// Valid as long as the <see cref="StoreFileWriter"/> it came from. One writer: the process that holds the slot,
/// one thread at a time. Readers in other processes never see a torn value: a store is one aligned eight-byte move.
/// </remarks>
internal readonly unsafe struct Cell
{
    private readonly double* _value;

    // SAFETY: only StoreFileWriter makes cells, of an aligned value inside its mapping, which never moves.
    internal Cell(double* value) => _value = value;

    internal byte* Address => (byte*)_value;

    /// <summary>No value behind it, because the store was full: writes are ignored.</summary>
    public bool IsNone => _value is null;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    // SAFETY: the pointer is checked, aligned and inside a live mapping.
    public void Add(double amount)
    {
        if (_value is not null) *_value += amount;
    }

    // SAFETY: as in Add.
    public void Set(double value)
    {
        if (_value is not null) *_value = value;
    }

    /// <summary>The value; 0 for <see cref="IsNone"/>.</summary>
    // SAFETY: as in Add.
    public double Value => _value is null ? 0 : *_value;
}

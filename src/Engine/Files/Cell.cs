using System.Runtime.CompilerServices;

namespace GunicornPrometheusExporter.Files;

/// <summary>One value in a mapped store file: where a recording ends and the page cache begins.</summary>
/// <remarks>
/// Valid as long as the <see cref="StoreFileWriter"/> it came from. One writer: the process that holds the slot,
/// one thread at a time. Readers in other processes see each store whole: it is one aligned eight-byte move.
/// </remarks>
internal readonly unsafe struct Cell
{
    private readonly double* _value;

    // SAFETY: only StoreFileWriter makes cells, of an aligned value inside its mapping, which never moves.
    internal Cell(double* value) => _value = value;

    /// <summary>Where the value is mapped.</summary>
    internal byte* Address => (byte*)_value;

    /// <summary>Whether there is no value behind it: the store was full.</summary>
    public bool IsNone => _value is null;

    /// <summary>Adds to the value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    // SAFETY: the pointer is checked, aligned and inside a live mapping.
    public void Add(double amount)
    {
        if (_value is not null) *_value += amount;
    }

    /// <summary>Replaces the value.</summary>
    // SAFETY: as in Add.
    public void Set(double value)
    {
        if (_value is not null) *_value = value;
    }

    /// <summary>The value, 0 where there is none.</summary>
    // SAFETY: as in Add.
    public double Value => _value is null ? 0 : *_value;
}

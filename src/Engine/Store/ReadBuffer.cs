namespace GunicornPrometheusExporter.Store;

/// <summary>The memory into which files are read, one after the other; it grows to the largest and is kept.</summary>
/// <remarks>Owned by one reader of a store at a time; what it holds is that of the file read last.</remarks>
internal sealed class ReadBuffer
{
    private const int SmallestEntry = 16;

    private byte[] _content = [];
    private double[] _values = [];
    private double[] _timestamps = [];
    private int _used;

    /// <summary>The used bytes of the file, header included.</summary>
    public Span<byte> Content => _content.AsSpan(0, _used);

    /// <summary>The value of each entry, in the order of the file; longer than there are entries.</summary>
    public Span<double> Values => _values;

    /// <summary>The timestamp of each entry in seconds, 0 where the layout has none.</summary>
    public Span<double> Timestamps => _timestamps;

    /// <summary>Makes room for a file.</summary>
    /// <param name="used">Its used bytes.</param>
    public void Reserve(int used)
    {
        _used = used;
        if (_content.Length >= used) return;
        var capacity = Math.Max(used, (int)Math.Min(2L * _content.Length, Array.MaxLength));
        _content = GC.AllocateUninitializedArray<byte>(capacity);
        _values = GC.AllocateUninitializedArray<double>(capacity / SmallestEntry);
        _timestamps = GC.AllocateUninitializedArray<double>(capacity / SmallestEntry);
    }
}

namespace GunicornPrometheusExporter.Files;

/// <summary>The memory that takes the values of files, one after the other; it grows to the largest and is kept.</summary>
/// <remarks>Owned by one reader of a store at a time; what it holds is that of the file read last.</remarks>
internal sealed class ReadBuffer
{
    private byte[] _content = [];
    private double[] _values = [];
    private double[] _timestamps = [];

    /// <summary>The first bytes of the file; as they are, until more are asked for.</summary>
    public Span<byte> Content(int size)
    {
        if (_content.Length < size) _content = GC.AllocateUninitializedArray<byte>(Math.Max(size, 2 * _content.Length));
        return _content.AsSpan(0, size);
    }

    /// <summary>The value of each entry, in the order of the file; longer than there are entries.</summary>
    public Span<double> Values => _values;

    /// <summary>The timestamp of each entry in seconds, 0 where the layout has none.</summary>
    public Span<double> Timestamps => _timestamps;

    /// <summary>Makes room for a file.</summary>
    public void Reserve(int entries)
    {
        if (_values.Length >= entries) return;
        var capacity = Math.Max(entries, 2 * _values.Length);
        _values = GC.AllocateUninitializedArray<double>(capacity);
        _timestamps = GC.AllocateUninitializedArray<double>(capacity);
    }
}

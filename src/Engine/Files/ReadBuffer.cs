namespace GunicornPrometheusExporter.Files;

/// <summary>Memory for the values of one file at a time; it grows to the largest file and is reused.</summary>
/// <remarks>One reader of a store owns it at a time; it holds the values of the file read last.</remarks>
internal sealed class ReadBuffer
{
    private byte[] _content = [];
    private double[] _values = [];
    private double[] _timestamps = [];

    /// <summary>The first bytes of the file; a call with a larger size discards them.</summary>
    public Span<byte> Content(int size)
    {
        if (_content.Length < size) _content = GC.AllocateUninitializedArray<byte>(Math.Max(size, 2 * _content.Length));
        return _content.AsSpan(0, size);
    }

    /// <summary>The value of each entry, in the order of the file; longer than the number of entries.</summary>
    public Span<double> Values => _values;

    /// <summary>The timestamp of each entry in seconds; 0 where the layout has none.</summary>
    public Span<double> Timestamps => _timestamps;

    public void Reserve(int entries)
    {
        if (_values.Length >= entries) return;
        var capacity = Math.Max(entries, 2 * _values.Length);
        _values = GC.AllocateUninitializedArray<double>(capacity);
        _timestamps = GC.AllocateUninitializedArray<double>(capacity);
    }
}

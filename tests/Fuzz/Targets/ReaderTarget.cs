using GunicornPrometheusExporter.Fuzz.Inputs;
using GunicornPrometheusExporter.Fuzz.Oracles;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>The reader of one file that changes under it, against <see cref="ReferenceFile"/>, to the bit.</summary>
internal sealed class ReaderTarget : IFuzzTarget
{
    private readonly FuzzDirectory _directory = new();
    private readonly ReadBuffer _buffer = new();
    private readonly List<byte[]> _heads = [];

    public string Name => "reader";

    public int Share => 200;

    public byte[] Make(Random random) => FileScript.Make(random);

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        var path = _directory[FileScript.TakeName(ref script)];
        File.Delete(path);
        _heads.Clear();
        using var reader = new StoreFileReader(path, Resolve, withTimestamps: true);
        var isValid = true;
        byte[]? content = null;
        do
        {
            FileScript.Step(path, ref content, ref script);
            isValid &= Read(reader, content);
        }
        while (!script.IsEmpty);
        return isValid;
    }

    public void Dispose() => _directory.Dispose();

    private int Resolve(ReadOnlySpan<byte> head, int keyLength)
    {
        if (ReadKey.TryParse(head.Slice(StoreFormat.LengthSize, keyLength)) is null) return -1;
        var bytes = head.ToArray();
        var known = _heads.FindIndex(other => other.AsSpan().SequenceEqual(bytes));
        if (known >= 0) return known;
        _heads.Add(bytes);
        return _heads.Count - 1;
    }

    /// <returns>Whether the file is valid.</returns>
    private bool Read(StoreFileReader reader, byte[]? file)
    {
        if (file is null)
        {
            FuzzFailure.Unless(!reader.TryRead(_buffer), "a file that is not there is read");
            return true;
        }
        var readings = ReferenceFile.Read(file);
        try
        {
            FuzzFailure.Unless(reader.TryRead(_buffer), "a file that is there is not read");
        }
        catch (CorruptFileException e)
        {
            FuzzFailure.Unless(readings.Count == 0, $"a valid file is refused: {e.Message}");
            return false;
        }
        FuzzFailure.Unless(readings.Any(entries => Equals(reader, file, entries)), $"a file with {readings.Count} readings is read otherwise");
        return true;
    }

    private bool Equals(StoreFileReader reader, byte[] file, List<ReferenceEntry> entries)
    {
        if (entries.Count != reader.Series.Length) return false;
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (BitConverter.DoubleToInt64Bits(_buffer.Values[i]) != entry.Value) return false;
            if (BitConverter.DoubleToInt64Bits(_buffer.Timestamps[i]) != entry.Timestamp) return false;
            if (!_heads[reader.Series[i]].AsSpan().SequenceEqual(file.AsSpan(entry.Offset..entry.ValueOffset))) return false;
        }
        return true;
    }
}

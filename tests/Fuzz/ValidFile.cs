using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace GunicornPrometheusExporter.Fuzz;

/// <summary>A file that a living process goes on writing beside the damaged one: what it says must always be served.</summary>
internal sealed class ValidFile : IDisposable
{
    private const int Series = 3;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly List<int> _offsets = [];
    private double _value;

    public ValidFile(FuzzDirectory directory)
    {
        var bytes = new MemoryStream();
        bytes.Write(new byte[8]);
        for (var i = 0; i < Series; i++)
        {
            var key = Encoding.ASCII.GetBytes($$"""["zzz", "zzz_total", {"n": "{{i}}"}, "valid"]""");
            bytes.Write(BitConverter.GetBytes(key.Length));
            bytes.Write(key);
            do bytes.WriteByte((byte)' '); while (bytes.Length % 8 != 0);
            _offsets.Add((int)bytes.Length);
            bytes.Write(new byte[8]);
        }
        var content = bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(content, content.Length);
        var path = directory["counter_2.db"];
        File.WriteAllBytes(path, content);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Counts, by a store through the mapping, which the kernel does not note.</summary>
    public void Change()
    {
        _value++;
        for (var i = 0; i < Series; i++) _view.Write(_offsets[i], _value + i);
    }

    /// <summary>Fails unless a scrape has exactly what was counted.</summary>
    public void Verify(Dictionary<string, double> samples)
    {
        for (var i = 0; i < Series; i++)
        {
            var name = $$"""zzz_total{n="{{i}}"}""";
            FuzzFailure.Unless(
                samples.TryGetValue(name, out var value) && value == _value + i, $"{name} is {value} and should be {_value + i}");
        }
    }

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}

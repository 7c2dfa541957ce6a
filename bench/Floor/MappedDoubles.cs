using System.IO.MemoryMappedFiles;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Bench.Floor;

/// <summary>Every value of a store, where it lies in its file.</summary>
internal sealed unsafe class MappedDoubles : IDisposable
{
    private readonly List<(MemoryMappedViewAccessor View, nint Start, int[] Offsets)> _files = [];

    /// <summary>Maps the files of a store and finds their values.</summary>
    public MappedDoubles(string directory)
    {
        foreach (var path in Directory.GetFiles(directory, "*.db"))
        {
            var content = File.ReadAllBytes(path);
            content = content[..BitConverter.ToInt32(content)];
            var layout = EntryWalk.LayoutOf(content)!.Value;
            var offsets = new List<int>();
            var walk = new EntryWalk(content, layout);
            while (walk.MoveNext()) offsets.Add(walk.ValueOffset);
            using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
            var view = file.CreateViewAccessor(0, content.Length, MemoryMappedFileAccess.Read);
            byte* start = null;
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _files.Add((view, (nint)start, [.. offsets]));
        }
    }

    /// <summary>Touches each value once.</summary>
    public double Sum()
    {
        var sum = 0.0;
        foreach (var (_, start, offsets) in _files)
        {
            // SAFETY: the offsets are those of whole entries, and nothing cuts a file of the benchmark's short.
            foreach (var offset in offsets) sum += *(double*)(start + offset);
        }
        return sum;
    }

    public void Dispose()
    {
        foreach (var (view, _, _) in _files)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }
    }
}

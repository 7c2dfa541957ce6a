namespace GunicornPrometheusExporter.Fuzz;

/// <summary>A directory in memory, of one target's own.</summary>
internal sealed class FuzzDirectory : IDisposable
{
    private const string Memory = "/dev/shm";

    public FuzzDirectory()
    {
        var parent = Directory.Exists(Memory) ? Memory : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Combine(parent, $"gpe-fuzz-{Environment.ProcessId}-{Guid.NewGuid():N}");
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>A file in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>Removes every file.</summary>
    public void Clear()
    {
        foreach (var file in Directory.GetFiles(Path)) File.Delete(file);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Folding;

/// <summary>The file into which compaction merges dead processes' files of one type and mode.</summary>
internal sealed class Archive(string directory, StoreFileName name)
{
    public StoreFileName Name => name;

    public string Path { get; } = System.IO.Path.Combine(directory, name.ToString());

    /// <summary>Where a new archive is written before it replaces the old one.</summary>
    public string TemporaryPath => Path + StoreFiles.TemporaryExtension;

    /// <summary>
    /// Completes the compaction of a killed process: removes the files that are in the archive, then their names from it.
    /// </summary>
    /// <exception cref="StoreException">A file that is in the archive cannot be opened; its name stays.</exception>
    public void Recover()
    {
        StoreFiles.Clear(TemporaryPath);
        using var handle = StoreFiles.TryOpen(Path, Libc.OpenReadWrite);
        if (handle is null || !Libc.TryGetStatus(handle, out var status) || !status.IsRegular) return;
        var names = CountedFiles.Read(handle, status.Size, out var used);
        if (names.Count == 0) return;
        foreach (var (folded, identity) in names.Where(name => IsOfThisKind(name.Key)))
        {
            Remove(System.IO.Path.Combine(directory, folded), identity, status.Modified);
        }
        RandomAccess.SetLength(handle, used);
    }

    private bool IsOfThisKind(string fileName) =>
        StoreFileName.TryParse(fileName, out var folded) && folded.TryGetProcess(out _) && folded.Archive == name;

    /// <summary>Removes a compacted file, unless another process got the same pid meanwhile and writes or replaced the file.</summary>
    /// <param name="identity">The identity of the compacted file; empty in an archive of an earlier version.</param>
    /// <param name="foldedAt">The latest time of its compaction, by a clock that may have stepped since.</param>
    private static void Remove(string path, string identity, long foldedAt)
    {
        using var file = LeasedFile.TryTake(path, out var isWritten);
        if (file is null && !isWritten && System.IO.Path.Exists(path))
        {
            throw new StoreException($"{path} is already in the archive and cannot be opened; remove it");
        }
        if (file is null) return;
        if (identity.Length > 0 ? file.Identity == identity : file.Status.Modified <= foldedAt) File.Delete(path);
    }
}

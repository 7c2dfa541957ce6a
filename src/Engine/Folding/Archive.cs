using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Folding;

/// <summary>The file into which dead processes' files of one type and mode are folded.</summary>
internal sealed class Archive(string directory, StoreFileName name)
{
    public StoreFileName Name => name;

    /// <summary>Where it is, if it is.</summary>
    public string Path { get; } = System.IO.Path.Combine(directory, name.ToString());

    /// <summary>Where a new one is written before it takes the old one's place.</summary>
    public string TemporaryPath => Path + StoreFiles.TemporaryExtension;

    /// <summary>Ends a fold that a killed process left: removes the files that are in the archive, then their names from it.</summary>
    /// <exception cref="StoreException">A file that is in the archive cannot be looked at; its name stays.</exception>
    public void Recover()
    {
        StoreFiles.Clear(TemporaryPath);
        using var handle = StoreFiles.TryOpen(Path, Libc.OpenReadWrite);
        if (handle is null || !StoreFiles.TryGetStatus(handle, out var status) || !status.IsRegular) return;
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

    /// <summary>Removes a folded file, unless another process has got its pid meanwhile and wrote it, or made its own.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">That of the file that was folded; empty in an archive of an earlier version's.</param>
    /// <param name="foldedAt">When it was folded at the latest: a time by a clock that may have stepped since.</param>
    private static void Remove(string path, string identity, long foldedAt)
    {
        using var file = LeasedFile.TryTake(path, out var isWritten);
        if (file is null && !isWritten && System.IO.Path.Exists(path))
        {
            throw new StoreException($"{path} is in the archive already and cannot be opened; remove it");
        }
        if (file is null) return;
        if (identity.Length > 0 ? file.Identity == identity : file.Status.Modified <= foldedAt) File.Delete(path);
    }
}

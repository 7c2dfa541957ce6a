using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>The files of a store whose values are already in an archive or in the ledger of deaths. Not thread-safe.</summary>
/// <remarks>
/// An archive or the ledger is replaced atomically. After its used bytes it lists the names of the newly merged files until
/// those are removed. So a read between <see cref="Refresh"/> and a successful <see cref="StillStand"/> counts every file once.
/// </remarks>
internal sealed class FoldedFiles : IDisposable
{
    private readonly string[] _paths;

    // Two changes within one tick of the kernel's clock have the same time, so the size, which shrinks with the names, counts too.
    private readonly (long Inode, long Size, long Modified)[] _seen;

    // Kept open, so that a new archive cannot reuse the inode.
    private readonly SafeFileHandle?[] _archives;
    private readonly Dictionary<string, string>[] _names;

    public FoldedFiles(string directory)
    {
        _paths = [.. StoreFileName.Archives.Append(StoreFileName.Ledger).Select(name => Path.Combine(directory, name.ToString()))];
        _seen = new (long, long, long)[_paths.Length];
        _archives = new SafeFileHandle?[_paths.Length];
        _names = [.. _paths.Select(_ => new Dictionary<string, string>())];
    }

    /// <summary>Reads the names in changed archives. Allocates nothing without a change.</summary>
    public void Refresh()
    {
        for (var archive = 0; archive < _paths.Length; archive++)
        {
            if (Look(archive) != _seen[archive]) Read(archive);
        }
    }

    /// <summary>Whether a file was in an archive or the ledger at the last refresh.</summary>
    public bool Contains(string fileName)
    {
        foreach (var names in _names)
        {
            if (names.Count > 0 && names.ContainsKey(fileName)) return true;
        }
        return false;
    }

    /// <summary>Whether nothing has changed since the last refresh.</summary>
    public bool StillStand()
    {
        for (var archive = 0; archive < _paths.Length; archive++)
        {
            if (Look(archive) != _seen[archive]) return false;
        }
        return true;
    }

    public void Dispose()
    {
        foreach (var archive in _archives) archive?.Dispose();
    }

    private (long Inode, long Size, long Modified) Look(int archive) =>
        Libc.TryGetStatus(_paths[archive], out var status) ? (status.Inode, status.Size, status.Modified) : default;

    private void Read(int archive)
    {
        _archives[archive]?.Dispose();
        _seen[archive] = default;
        _names[archive] = [];
        var handle = _archives[archive] = StoreFiles.TryOpen(_paths[archive], Libc.OpenReadOnly);
        if (handle is null || !Libc.TryGetStatus(handle, out var status)) return;
        _seen[archive] = (status.Inode, status.Size, status.Modified);
        if (!status.IsRegular) return;
        try
        {
            _names[archive] = CountedFiles.Read(handle, status.Size, out _);
        }
        catch (IOException)
        {
            // The scrape cannot read the entries either, and reports that; the listed files then count.
        }
    }
}

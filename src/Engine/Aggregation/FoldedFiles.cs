using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Aggregation;

/// <summary>Which files of a store are in its archives, or in its ledger of deaths, already. Not thread-safe.</summary>
/// <remarks>
/// Either is replaced in one step, by one with the names of what is new in it behind its used bytes until those files
/// are removed. So what reads the store between a refresh and <see cref="StillStand"/> counts every file once.
/// </remarks>
internal sealed class FoldedFiles : IDisposable
{
    private readonly string[] _paths;

    // Within a step of the kernel's clock a file changes without a later time: its names are cut off it, so its size tells.
    private readonly (long Inode, long Size, long Modified)[] _seen;

    // Open, so that a new archive cannot have the inode of the one that was seen.
    private readonly SafeFileHandle?[] _archives;
    private readonly Dictionary<string, string>[] _names;

    public FoldedFiles(string directory)
    {
        _paths = [.. StoreFileName.Archives.Append(StoreFileName.Ledger).Select(name => Path.Combine(directory, name.ToString()))];
        _seen = new (long, long, long)[_paths.Length];
        _archives = new SafeFileHandle?[_paths.Length];
        _names = [.. _paths.Select(_ => new Dictionary<string, string>())];
    }

    /// <summary>Looks at the archives again. Without a change it allocates nothing.</summary>
    public void Refresh()
    {
        for (var archive = 0; archive < _paths.Length; archive++)
        {
            if (Look(archive) != _seen[archive]) Read(archive);
        }
    }

    /// <summary>Whether a file is in one of them, as of the last refresh.</summary>
    public bool Contains(string fileName)
    {
        foreach (var names in _names)
        {
            if (names.Count > 0 && names.ContainsKey(fileName)) return true;
        }
        return false;
    }

    /// <summary>Whether each is the one that the last refresh saw.</summary>
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
        StoreFiles.TryGetStatus(_paths[archive], out var status) ? (status.Inode, status.Size, status.Modified) : default;

    private void Read(int archive)
    {
        _archives[archive]?.Dispose();
        _seen[archive] = default;
        _names[archive] = [];
        var handle = _archives[archive] = StoreFiles.TryOpen(_paths[archive], Libc.OpenReadOnly);
        if (handle is null || !StoreFiles.TryGetStatus(handle, out var status)) return;
        _seen[archive] = (status.Inode, status.Size, status.Modified);
        if (!status.IsRegular) return;
        try
        {
            _names[archive] = CountedFiles.Read(handle, status.Size, out _);
        }
        catch (IOException)
        {
            // Then its entries cannot be read either, which the scrape reports; the files that it names count.
        }
    }
}

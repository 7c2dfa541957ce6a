using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Master;

namespace GunicornPrometheusExporter.Folding;

/// <summary>The files that other libraries' processes left when they died.</summary>
internal sealed class DeadProcesses(string directory)
{
    private readonly PidRecord _pids = new(directory);
    private readonly ExitRecords _exits = new(directory);

    /// <summary>The files that could be folded or removed if their process were dead, in the order in which scrapes read them.</summary>
    public IEnumerable<(string Path, StoreFileName Name)> Suspects()
    {
        foreach (var path in Directory.GetFiles(directory, "*" + StoreFormat.Extension).Order(StringComparer.Ordinal))
        {
            if (StoreFileName.TryParse(Path.GetFileName(path), out var name) && name.TryGetProcess(out _)
                && (name.Live || name.Archive.IsArchive))
            {
                yield return (path, name);
            }
        }
    }

    /// <summary>Takes a file, if its process is certainly dead.</summary>
    /// <returns>Null if it may live, or the file is gone.</returns>
    /// <remarks>
    /// A process of <c>prometheus_client</c>'s has its files open as long as it lives, so the kernel knows, whatever PID
    /// namespace the process is in. Where the kernel does not tell, a master must have seen the process end, or its pid must
    /// be one of those that count here.
    /// </remarks>
    public LeasedFile? TryTake(string path, StoreFileName name)
    {
        var file = LeasedFile.TryTake(path, out _);
        if (file is null || file.IsLeased || HasEnded(path, name)) return file;
        file.Dispose();
        return null;
    }

    private bool HasEnded(string path, StoreFileName name) => name.TryGetProcess(out var pid)
        && (_exits.HasEnded(pid, File.GetLastWriteTimeUtc(path)) || _pids.HasEnded(path, name));
}

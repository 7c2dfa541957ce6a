using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Master;

namespace GunicornPrometheusExporter.Folding;

/// <summary>The files that processes of other libraries left behind when they exited.</summary>
internal sealed class DeadProcesses(string directory)
{
    private readonly PidRecord _pids = new(directory);
    private readonly ExitRecords _exits = new(directory);

    /// <summary>The files to compact or remove if their process is dead, in the order in which scrapes read them.</summary>
    public IEnumerable<(string Path, StoreFileName Name)> Suspects() => StoreFileName.FilesIn(directory)
        .Where(file => file.Name.TryGetProcess(out _))
        .OrderBy(file => file.Path, StringComparer.Ordinal);

    /// <summary>Takes a file if its process is certainly dead.</summary>
    /// <returns>Null if the process may be alive, or the file is gone.</returns>
    /// <remarks>
    /// A process of <c>prometheus_client</c> keeps its files open while it runs, so a lease on a file shows whether it is dead, in
    /// any PID namespace. Without leases, a master must have seen the process exit, or the pid must be recorded as one of this
    /// PID namespace.
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

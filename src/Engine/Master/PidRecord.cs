using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Master;

/// <summary><c>pids.json</c>: since when the pids in a store's file names count where this process is.</summary>
/// <remarks>They prove nothing about older files, which may have come from another container or host.</remarks>
internal sealed class PidRecord
{
    private const string FileName = "pids.json";

    private readonly string _path;

    internal PidRecord(string directory) => _path = Path.Combine(directory, FileName);

    /// <summary>Records, with the time, that pids count from now on where this process is, unless they do already.</summary>
    internal void Renew()
    {
        if (!IsOurs()) ProcessSpace.Current().Write(_path);
    }

    /// <summary>Whether the process that wrote a file under its pid has certainly ended.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="lastWritten">When the file was last modified, UTC.</param>
    internal bool HasEnded(StoreFileName name, DateTime lastWritten) =>
        name.TryGetProcess(out var pid) && IsOurs() && lastWritten > File.GetLastWriteTimeUtc(_path)
        && ForeignProcess.HasEnded(pid, lastWritten);

    private bool IsOurs() => ProcessSpace.Current().IsCertainly(ProcessSpace.Read(_path));
}

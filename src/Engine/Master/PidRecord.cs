using System.Text.Json;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary><c>pids.json</c>: the time from which the pids in a store's file names belong to this PID namespace.</summary>
/// <remarks>The pids of older files prove nothing: those files may come from another container or host.</remarks>
internal sealed class PidRecord
{
    private const string FileName = "pids.json";
    private const int LongestText = 4 << 10;

    private readonly string _directory;
    private readonly string _path;

    internal PidRecord(string directory) => (_directory, _path) = (directory, Path.Combine(directory, FileName));

    /// <summary>Records this PID namespace and the time, unless the store already has a valid record of it.</summary>
    internal void Renew()
    {
        if (Read() is { IsClockTheSame: true } record && IsOurs(record)) return;
        var space = ProcessSpace.Current();
        StoreFiles.Replace(_path, file =>
        {
            JsonSerializer.Serialize(
                file, new PidSpace(space.BootId, space.PidNamespace, ClockSteps.RealAtBoot()), MasterJson.Default.PidSpace);
            file.Flush();
            // Existing files are older than the record, whatever the clock showed when they were written.
            var newest = Directory.GetFiles(_directory, "*" + StoreFormat.Extension)
                .Select(File.GetLastWriteTimeUtc).DefaultIfEmpty().Max();
            if (newest > File.GetLastWriteTimeUtc(file.SafeFileHandle)) File.SetLastWriteTimeUtc(file.SafeFileHandle, newest);
        });
    }

    /// <summary>Whether the process that wrote a file under its pid has certainly exited.</summary>
    internal bool HasEnded(string path, StoreFileName name)
    {
        if (!name.TryGetProcess(out var pid) || Read() is not { } record || !IsOurs(record)) return false;
        // A lease, where the file system has them, detects writers in other PID namespaces too.
        using var held = LeasedFile.TryTake(path, out var isWritten);
        var lastWritten = File.GetLastWriteTimeUtc(path);
        if (isWritten || lastWritten <= File.GetLastWriteTimeUtc(_path)) return false;
        return !ForeignProcess.IsThere(pid)
            || (record.IsClockTheSame && ForeignProcess.HasStartedAfter(pid, ClockSteps.SecondsOf(lastWritten) - ClockSteps.RealAtBoot()));
    }

    private static bool IsOurs(PidSpace record) => ProcessSpace.Current().IsCertainly(new(record.BootId, record.PidNamespace));

    private PidSpace? Read()
    {
        try
        {
            return StoreFiles.TryReadAll(_path, LongestText) is { } text
                ? JsonSerializer.Deserialize(text, MasterJson.Default.PidSpace)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

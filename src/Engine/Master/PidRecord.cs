using System.Text.Json;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;

namespace GunicornPrometheusExporter.Master;

/// <summary><c>pids.json</c>: the time from which the pids in a store's file names belong to this PID namespace.</summary>
/// <remarks>The pids of older files prove nothing: those files may come from another container or host.</remarks>
internal sealed class PidRecord(string directory)
{
    private const string FileName = "pids.json";
    private const int LongestText = 4 << 10;

    private readonly string _path = Path.Combine(directory, FileName);

    /// <summary>Records this PID namespace and the time, unless the store already has a valid record of it.</summary>
    internal void Renew()
    {
        var space = ProcessSpace.Current();
        if (Read() is { IsClockTheSame: true } record && space.IsCertainly(record)) return;
        StoreFiles.Replace(_path, file =>
        {
            (space with { BootedAt = ClockSteps.RealAtBoot() }).Write(file);
            file.Flush();
            // Existing files are older than the record, whatever the clock showed when they were written.
            var newest = Directory.GetFiles(directory, "*" + StoreFormat.Extension)
                .Select(File.GetLastWriteTimeUtc).DefaultIfEmpty().Max();
            if (newest > File.GetLastWriteTimeUtc(file.SafeFileHandle)) File.SetLastWriteTimeUtc(file.SafeFileHandle, newest);
        });
    }

    /// <summary>Whether the process that wrote a file under its pid has certainly exited.</summary>
    internal bool HasEnded(string path, StoreFileName name)
    {
        if (!name.TryGetProcess(out var pid) || Read() is not { } record || !ProcessSpace.Current().IsCertainly(record)) return false;
        // A lease, where the file system has them, detects writers in other PID namespaces too.
        using var held = LeasedFile.TryTake(path, out var isWritten);
        var lastWritten = File.GetLastWriteTimeUtc(path);
        if (isWritten || lastWritten <= File.GetLastWriteTimeUtc(_path)) return false;
        return !ForeignProcess.IsThere(pid)
            || (record.IsClockTheSame && ForeignProcess.HasStartedAfter(pid, ClockSteps.SecondsOf(lastWritten) - ClockSteps.RealAtBoot()));
    }

    private ProcessSpace? Read()
    {
        try
        {
            return StoreFiles.TryReadAll(_path, LongestText) is { } text
                ? JsonSerializer.Deserialize(text, MasterJson.Default.ProcessSpace)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

using System.Text;
using System.Text.Json;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Reads <c>master-N.exits</c>: how workers ended, one JSON object a line, the newest last.</summary>
internal sealed class ExitRecords(string directory)
{
    // A master keeps its last workers' ends, some 150 bytes each.
    private const int LongestFile = 1 << 20;

    /// <summary>The record of a worker's end.</summary>
    /// <param name="report">What the worker left.</param>
    /// <returns>Null if no master has noted it (yet).</returns>
    internal ExitRecord? Find(FlightReport report)
    {
        // A pid is used again: the end of this worker is later than what it did last.
        ExitRecord? newest = null;
        foreach (var exit in Of(report.Pid))
        {
            if (exit.Monotonic >= (newest?.Monotonic ?? report.LastChange)) newest = exit;
        }
        return newest;
    }

    /// <summary>Whether a process has certainly ended since it wrote a file.</summary>
    /// <param name="pid">The process, where its master is.</param>
    /// <param name="lastWritten">When the file was last modified.</param>
    /// <remarks>
    /// Where the wall clock was set since the process ended, nothing is certain: what wrote the file may have got the pid later.
    /// </remarks>
    internal bool HasEnded(int pid, DateTime lastWritten) => Of(pid).Any(exit =>
        exit.Time >= ClockSteps.SecondsOf(lastWritten) && ClockSteps.IsSame(exit.Time - exit.Monotonic, ClockSteps.RealAtMonotonicZero()));

    private IEnumerable<ExitRecord> Of(int pid) => Directory.GetFiles(directory, "master-*.exits")
        .SelectMany(Lines)
        .Select(Parse)
        .OfType<ExitRecord>()
        .Where(exit => exit.Pid == pid);

    /// <summary>The cause that a record states, as a label value.</summary>
    internal static string ReasonOf(ExitRecord? exit) =>
        exit?.Reason is { } reason && WorkerExitReasons.All.Contains(reason) ? reason : WorkerExitReasons.Unknown;

    // There may be none any more: its master ended in order a moment ago.
    private static string[] Lines(string path) =>
        StoreFiles.TryReadAll(path, LongestFile) is { } text ? Encoding.UTF8.GetString(text).Split('\n') : [];

    private static ExitRecord? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, FlightJson.Default.ExitRecord);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

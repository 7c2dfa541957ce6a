using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Deaths;

/// <summary>Reads <c>master-N.exits</c> and <c>arbiter-N.exits</c>; the format is that of <see cref="Master.ExitFiles"/>.</summary>
internal sealed class ExitRecords(string directory)
{
    // A master keeps the last exits of its workers, about 150 bytes each.
    private const int LongestFile = 1 << 20;

    private const string Pattern = "*.exits";

    private readonly DirectoryWatch _watch = new(directory);
    private readonly HashSet<ExitRecord> _told = [];
    private string[] _paths = [];
    private HashSet<(string Path, DateTime Written)> _files = [];
    private ImmutableArray<ExitRecord> _unexpected = [];

    /// <summary>The exit of the worker that left a flight file; null if no master has recorded it yet.</summary>
    internal ExitRecord? Find(FlightReport report)
    {
        // A pid may be reused: this worker's exit is later than its last commit.
        ExitRecord? newest = null;
        foreach (var exit in Of(report.Pid))
        {
            if (exit.Monotonic >= (newest?.Monotonic ?? report.LastChange)) newest = exit;
        }
        return newest;
    }

    /// <summary>Whether the process that wrote a file has certainly exited since.</summary>
    /// <param name="pid">The process, in its master's PID namespace.</param>
    /// <remarks>
    /// Nothing is certain if the wall clock was set since the exit: a later process with the same pid may have written the file.
    /// </remarks>
    internal bool HasEnded(int pid, DateTime lastWritten) => Of(pid).Any(exit =>
        exit.Time >= ClockSteps.SecondsOf(lastWritten) && ClockSteps.IsSame(exit.Time - exit.Monotonic, ClockSteps.RealAtMonotonicZero()));

    /// <summary>The unexpected exits that <see cref="Tell"/> has not been called with. Reads only files that changed.</summary>
    internal IReadOnlyList<ExitRecord> Untold()
    {
        _watch.Relist(this, static (self, directory) =>
            self._paths = Directory.Exists(directory) ? Directory.GetFiles(directory, Pattern) : []);
        var files = _paths.Select(path => (path, File.GetLastWriteTimeUtc(path))).ToHashSet();
        if (!files.SetEquals(_files))
        {
            _files = files;
            _unexpected = [.. All().Where(exit =>
                !WorkerExitReasons.IsOrderly(ReasonOf(exit)) && exit.Reason != WorkerExitReasons.Unknown)];
            _told.IntersectWith(_unexpected);
        }
        return [.. _unexpected.Where(exit => !_told.Contains(exit))];
    }

    /// <summary>Marks an exit as known.</summary>
    internal void Tell(ExitRecord exit) => _told.Add(exit);

    private IEnumerable<ExitRecord> Of(int pid) => All().Where(exit => exit.Pid == pid);

    private IEnumerable<ExitRecord> All() =>
        Directory.GetFiles(directory, Pattern).SelectMany(Lines).Select(Parse).OfType<ExitRecord>();

    /// <summary>The cause of death as a label value.</summary>
    internal static string ReasonOf(ExitRecord? exit) =>
        exit?.Reason is { } reason && WorkerExitReasons.All.Contains(reason) ? reason : WorkerExitReasons.Unknown;

    // The file may be gone: its master may have exited a moment ago.
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

/// <summary>A worker's exit, as its master recorded it.</summary>
/// <param name="Reason">One of <see cref="Metrics.WorkerExitReasons.All"/>.</param>
/// <param name="Monotonic">When the master reaped the worker, in seconds of the monotonic clock.</param>
/// <param name="Time">The same, in seconds since the Unix epoch.</param>
/// <param name="Signal">The signal that killed it; null for none.</param>
internal sealed record ExitRecord(int Pid, string? Reason, double Monotonic, double Time, int? Signal = null);

/// <summary>The JSON of <c>master-N.exits</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ExitRecord))]
internal sealed partial class FlightJson : JsonSerializerContext;

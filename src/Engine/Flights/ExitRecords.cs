using System.Text.Json;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Reads <c>master-N.exits</c>: how workers ended, one JSON object a line, the newest last.</summary>
internal sealed class ExitRecords(string directory, TimeProvider time)
{
    // The master's clock is read in whole or broken seconds, and it may be set while a request runs.
    private const double ClockError = 1;

    /// <summary>The record of a worker's end.</summary>
    /// <param name="report">What the worker left.</param>
    /// <returns>Null if no master has noted it (yet).</returns>
    internal ExitRecord? Find(FlightReport report)
    {
        // A pid is used again: the end of this worker is later than what it did last.
        var earliest = UnixTimeOf(report.LastChange) - ClockError;
        ExitRecord? newest = null;
        foreach (var path in Directory.GetFiles(directory, "master-*.exits"))
        {
            foreach (var line in Lines(path))
            {
                if (Parse(line) is { } exit && exit.Pid == report.Pid && exit.Time >= Math.Max(earliest, newest?.Time ?? 0)) newest = exit;
            }
        }
        return newest;
    }

    /// <summary>The cause that a record states, as a label value.</summary>
    internal static string ReasonOf(ExitRecord? exit) =>
        exit?.Reason is { } reason && WorkerExitReasons.All.Contains(reason) ? reason : WorkerExitReasons.Unknown;

    /// <summary>A time since the epoch, in seconds, as a time of the monotonic clock.</summary>
    internal double MonotonicTimeOf(ExitRecord exit) => exit.Time - UnixTimeOf(0);

    private double UnixTimeOf(double monotonic) =>
        ((time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds) - MonotonicClock.Seconds() + monotonic;

    private static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (FileNotFoundException)
        {
            // Its master ended in order a moment ago.
            return [];
        }
    }

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

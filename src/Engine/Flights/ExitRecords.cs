using System.Text.Json;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Flights;

/// <summary>Reads <c>master-N.exits</c>: how workers ended, one JSON object a line, the newest last.</summary>
internal sealed class ExitRecords(string directory)
{
    /// <summary>The record of a worker's end.</summary>
    /// <param name="report">What the worker left.</param>
    /// <returns>Null if no master has noted it (yet).</returns>
    internal ExitRecord? Find(FlightReport report)
    {
        // A pid is used again: the end of this worker is later than what it did last.
        ExitRecord? newest = null;
        foreach (var path in Directory.GetFiles(directory, "master-*.exits"))
        {
            foreach (var line in Lines(path))
            {
                if (Parse(line) is { } exit && exit.Pid == report.Pid && exit.Monotonic >= (newest?.Monotonic ?? report.LastChange)) newest = exit;
            }
        }
        return newest;
    }

    /// <summary>The cause that a record states, as a label value.</summary>
    internal static string ReasonOf(ExitRecord? exit) =>
        exit?.Reason is { } reason && WorkerExitReasons.All.Contains(reason) ? reason : WorkerExitReasons.Unknown;

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

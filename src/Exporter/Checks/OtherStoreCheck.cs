using System.Globalization;
using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>Whether workers of this machine record elsewhere while none records here.</summary>
internal static partial class OtherStoreCheck
{
    internal static IEnumerable<Finding> Find(StoreView store)
    {
        if (store.Workers.Count > 0) yield break;
        var elsewhere = from process in Directory.GetDirectories("/proc")
                        where int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out _)
                        let other = StoreOf(process)
                        where other is not null
                        select (Store: other, Pid: Path.GetFileName(process));
        foreach (var other in elsewhere.DistinctBy(process => process.Store))
        {
            yield return Finding.Error(
                $"{store.Directory}: no worker records here, but process {other.Pid} does in {other.Store}; " +
                "if it is to be read here, give it and the exporter the same PROMETHEUS_MULTIPROC_DIR");
        }
    }

    /// <summary>The directory of the file that a process has mapped as a worker; null if it is none, or another user's.</summary>
    private static string? StoreOf(string process)
    {
        try
        {
            return File.ReadLines(Path.Combine(process, "maps")).Select(line => WorkerFile().Match(line))
                .FirstOrDefault(match => match.Success)?.Groups["directory"].Value;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [GeneratedRegex(@" (?<directory>/.*)/counter_worker-\d+\.db$", RegexOptions.CultureInvariant)]
    private static partial Regex WorkerFile();
}

using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>A process of this machine that records in a store as a worker, if this user can see it.</summary>
internal sealed partial record WorkerProcess(int ProcessId, string Store)
{
    internal static IReadOnlyList<WorkerProcess> FindAll() =>
    [
        .. from process in Directory.GetDirectories("/proc")
           let pid = int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
           where pid > 0
           let store = StoreOf(process)
           where store is not null
           select new WorkerProcess(pid, store),
    ];

    /// <summary>The store whose worker file a process writes; null without one, or for another user's process.</summary>
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

    // An exporter maps the same files, only for reading.
    [GeneratedRegex(@"^\S+ rw-s \S+ \S+ \S+ +(?<directory>/.*)/counter_worker-\d+\.db$", RegexOptions.CultureInvariant)]
    private static partial Regex WorkerFile();
}

namespace GunicornPrometheusExporter.Exporter.Checks;

/// <summary>A Gunicorn master of this machine that has no store open, if this user can see it.</summary>
internal sealed record UnmeasuredServer(int ProcessId, string CommandLine)
{
    private const string Program = "gunicorn";
    private const string Title = "gunicorn: master";
    private const string LockFile = "/slots.lock";

    // The interpreter, -m, and the program are at most the first of the arguments.
    private const int MostWords = 4;

    internal static IReadOnlyList<UnmeasuredServer> FindAll()
    {
        var found = Directory.GetDirectories("/proc").Select(Of).OfType<(UnmeasuredServer Server, int Parent)>().ToArray();
        var servers = found.Select(process => process.Server.ProcessId).ToHashSet();
        // A worker has the same command line as its master, so skip the children of masters.
        return [.. found.Where(process => !servers.Contains(process.Parent)).Select(process => process.Server)];
    }

    private static (UnmeasuredServer Server, int Parent)? Of(string process)
    {
        if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) return null;
        try
        {
            var words = File.ReadAllText(Path.Combine(process, "cmdline")).TrimEnd('\0').Split('\0');
            if (!IsGunicorn(words)) return null;
            var files = Directory.GetFileSystemEntries(Path.Combine(process, "fd"))
                .Select(file => new FileInfo(file).LinkTarget ?? "");
            if (files.Any(file => file.EndsWith(LockFile, StringComparison.Ordinal))) return null;
            return (new(pid, string.Join(' ', words)), SharedStoreCheck.ParentOf(pid) ?? 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsGunicorn(string[] words) =>
        words[0].StartsWith(Title, StringComparison.Ordinal)
        || (IsInterpreter(Path.GetFileName(words[0])) && words.Take(MostWords).Any(word => Path.GetFileName(word) == Program));

    private static bool IsInterpreter(string name) =>
        name == Program || name.StartsWith("python", StringComparison.Ordinal) || name.StartsWith("pypy", StringComparison.Ordinal);
}

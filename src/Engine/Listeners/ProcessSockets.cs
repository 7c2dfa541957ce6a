using System.Globalization;

namespace GunicornPrometheusExporter.Listeners;

/// <summary>Lists the sockets that a process has open.</summary>
internal static class ProcessSockets
{
    private const string Prefix = "socket:[";

    /// <returns>False if this user may not inspect the process.</returns>
    internal static bool TryAdd(int pid, HashSet<uint> inodes)
    {
        try
        {
            foreach (var path in Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")))
            {
                var target = new FileInfo(path).LinkTarget;
                if (target is null || !target.StartsWith(Prefix, StringComparison.Ordinal)) continue;
                var number = target.AsSpan(Prefix.Length).TrimEnd(']');
                if (uint.TryParse(number, CultureInfo.InvariantCulture, out var inode)) inodes.Add(inode);
            }
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

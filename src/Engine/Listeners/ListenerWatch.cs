namespace GunicornPrometheusExporter.Listeners;

/// <summary>Finds the listening sockets of a server.</summary>
/// <param name="addresses">The server's addresses, used where the master's open sockets may not be inspected.</param>
internal sealed class ListenerWatch(IReadOnlyCollection<string> addresses)
{
    internal IReadOnlyList<ListeningSocket> Look(IReadOnlyCollection<int> masters)
    {
        if (masters.Count == 0) return [];
        var inodes = new HashSet<uint>();
        var isKnown = true;
        foreach (var master in masters) isKnown &= ProcessSockets.TryAdd(master, inodes);
        if (inodes.Count == 0 && addresses.Count == 0) return [];
        var sockets = SocketDiagnostics.Listening();
        sockets.RemoveAll(socket => !inodes.Contains(socket.Inode) && (isKnown || !addresses.Contains(socket.Address)));
        return sockets;
    }
}

/// <summary>A listening socket.</summary>
/// <param name="Inode">The inode that links in <c>/proc/PID/fd</c> name.</param>
/// <param name="Address"><c>127.0.0.1:8000</c>, <c>[::1]:8000</c> or <c>unix:/path</c>.</param>
/// <param name="Backlog">Connections in the accept queue.</param>
/// <param name="Limit">The size of the accept queue.</param>
internal readonly record struct ListeningSocket(uint Inode, string Address, uint Backlog, uint Limit);

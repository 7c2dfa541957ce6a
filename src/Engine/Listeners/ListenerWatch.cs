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

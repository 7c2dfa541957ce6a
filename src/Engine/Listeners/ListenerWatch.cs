namespace GunicornPrometheusExporter.Listeners;

/// <summary>The listening sockets of a server.</summary>
/// <param name="addresses">Its addresses, for where the master's open sockets may not be looked at.</param>
internal sealed class ListenerWatch(IReadOnlyCollection<string> addresses)
{
    /// <summary>The sockets that these masters listen on.</summary>
    /// <param name="masters">Their pids.</param>
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

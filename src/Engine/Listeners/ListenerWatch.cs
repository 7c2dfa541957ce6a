namespace GunicornPrometheusExporter.Listeners;

/// <summary>Finds the accept queues of a server.</summary>
/// <param name="addresses">The server's addresses, used until a worker reports its sockets.</param>
internal sealed class ListenerWatch(IReadOnlyCollection<string> addresses)
{
    private IReadOnlyCollection<string> _addresses = addresses;

    /// <summary>Reads the accept queues; sockets that share an address (SO_REUSEPORT) share one.</summary>
    /// <param name="inodes">The sockets that live workers reported; without any, the last known addresses count.</param>
    internal IReadOnlyList<AcceptQueue> Look(IReadOnlySet<uint> inodes)
    {
        if (inodes.Count == 0 && _addresses.Count == 0) return [];
        var sockets = SocketDiagnostics.Listening();
        var reported = sockets.Where(socket => inodes.Contains(socket.Inode)).Select(socket => socket.Address).ToHashSet();
        if (reported.Count > 0) _addresses = reported;
        // By address, because a worker that just started has its own socket before it reports it.
        return
        [
            .. sockets.Where(socket => _addresses.Contains(socket.Address)).GroupBy(socket => socket.Address)
                .Select(same => new AcceptQueue(same.Key, same.Sum(socket => socket.Backlog), same.Sum(socket => socket.Limit))),
        ];
    }
}

/// <summary>The accept queue of an address.</summary>
/// <param name="Address"><c>127.0.0.1:8000</c>, <c>[::1]:8000</c> or <c>unix:/path</c>.</param>
/// <param name="Backlog">Connections in the queue.</param>
/// <param name="Limit">The size of the queue.</param>
internal readonly record struct AcceptQueue(string Address, long Backlog, long Limit)
{
    /// <summary>Whether the kernel counts the connections that it refuses.</summary>
    internal bool IsTcp => !Address.StartsWith("unix:", StringComparison.Ordinal);
}

/// <summary>A listening socket.</summary>
/// <param name="Inode">Unique on the machine.</param>
/// <param name="Address">As in <see cref="AcceptQueue"/>.</param>
internal readonly record struct ListeningSocket(uint Inode, string Address, uint Backlog, uint Limit);

using System.Collections.Concurrent;
using System.Net.Sockets;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Opens a listening socket, and waits while another process uses the port.</summary>
/// <remarks>During an upgrade (SIGUSR2) the old exporter keeps the port until the old master exits.</remarks>
internal static class ListenSocket
{
    private const int Backlog = 128;
    private const int FirstFreePort = 1024;

    // Otherwise the kernel lets it grow to megabytes for each client that does not read.
    private const int SendBuffer = 256 << 10;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // Opened while the process is root, and kept until the server starts.
    private static readonly ConcurrentDictionary<IPEndPoint, Socket> Privileged = new();

    /// <summary>Opens the sockets that only root may open, before the process switches its user.</summary>
    /// <remarks>If a port is in use, <see cref="OpenAsync"/> tries again later, possibly without permission.</remarks>
    /// <exception cref="ListenException">The address is not this machine's.</exception>
    internal static void OpenPrivileged(IEnumerable<IPEndPoint> addresses)
    {
        if (!Environment.IsPrivilegedProcess) return;
        foreach (var address in addresses.Where(address => address.Port is > 0 and < FirstFreePort))
        {
            if (TryOpen(address) is { } socket) Privileged[address] = socket;
        }
    }

    /// <exception cref="ListenException">The address is not this machine's, or the port is reserved.</exception>
    internal static async Task<Socket> OpenAsync(IPEndPoint address, ILogger log, CancellationToken end)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            if (Privileged.TryRemove(address, out var opened)) return opened;
            if (TryOpen(address) is { } socket) return socket;
            log.AddressIsBusy(address, wait.TotalSeconds);
            await Task.Delay(wait, end);
        }
    }

    private static Socket? TryOpen(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.SendBufferSize = SendBuffer;
            socket.Bind(address);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            if (e.SocketErrorCode == SocketError.AddressAlreadyInUse) return null;
            throw new ListenException(
                $"cannot listen on {address} ({e.Message}); set PROMETHEUS_BIND_ADDRESS and " +
                "PROMETHEUS_METRICS_PORT, or --web.listen-address, to an address of this machine and a free port", e);
        }
    }
}

/// <summary>Listening on an address failed for a reason that waiting does not fix.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);

using System.Collections.Concurrent;
using System.Net.Sockets;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Opens a listening socket, and waits while another process uses the address.</summary>
/// <remarks>During an upgrade (SIGUSR2) the old exporter keeps the address until the old master exits.</remarks>
internal static class ListenSocket
{
    private const int Backlog = 128;
    private const int FirstFreePort = 1024;

    // Otherwise the kernel lets it grow to megabytes for each client that does not read.
    private const int SendBuffer = 256 << 10;
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    // Opened while the process is root, and kept until the server starts.
    private static readonly ConcurrentDictionary<EndPoint, Socket> Privileged = new();

    /// <summary>Opens the sockets that only root may open, before the process switches its user.</summary>
    /// <remarks>If a port is in use, <see cref="OpenAsync"/> tries again later, possibly without permission.</remarks>
    /// <exception cref="ListenException">The address is not this machine's.</exception>
    internal static void OpenPrivileged(ExporterConfig config)
    {
        if (!Environment.IsPrivilegedProcess || config.WebSystemdSocket) return;
        foreach (var address in ListenAddress.Of(config).Where(address => address is IPEndPoint { Port: > 0 and < FirstFreePort }))
        {
            if (TryOpen(address) is { } socket) Privileged[address] = socket;
        }
    }

    /// <exception cref="ListenException">The address is not this machine's, the port is reserved, or the path cannot be used.</exception>
    internal static async Task<Socket> OpenAsync(EndPoint address, ILogger log, CancellationToken end)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            if (Privileged.TryRemove(address, out var opened)) return opened;
            if (TryOpen(address) is { } socket) return socket;
            log.AddressIsBusy(ListenAddress.TextOf(address), wait.TotalSeconds);
            await Task.Delay(wait, end);
        }
    }

    private static Socket? TryOpen(EndPoint address)
    {
        Socket? socket = null;
        try
        {
            socket = address is UnixDomainSocketEndPoint path ? UnixSocketFile.TryBind(path) : Bind((IPEndPoint)address);
            if (socket is null) return null;
            socket.SendBufferSize = SendBuffer;
            socket.Listen(Backlog);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket?.Dispose();
            if (e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }) return null;
            var isReserved = e is SocketException { SocketErrorCode: SocketError.AccessDenied };
            var remedy = isReserved && address is IPEndPoint { Port: var port }
                ? $"port {port} needs root or CAP_NET_BIND_SERVICE; run the exporter with it, or set PROMETHEUS_METRICS_PORT to a free port"
                : address is IPEndPoint
                ? "set PROMETHEUS_BIND_ADDRESS and PROMETHEUS_METRICS_PORT, or --web.listen-address, to an address of this machine " +
                    "and a free port"
                : $"set --web.listen-address to a free path in a directory that user {Environment.UserName} can write to";
            throw new ListenException($"cannot listen on {ListenAddress.TextOf(address)} ({e.Message}); {remedy}", e);
        }
    }

    private static Socket Bind(IPEndPoint address)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
            socket.Bind(address);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>Listening on an address failed for a reason that waiting does not fix.</summary>
internal sealed class ListenException(string message, Exception cause) : Exception(message, cause);

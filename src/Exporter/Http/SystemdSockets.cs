using System.Net.Sockets;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>The listening sockets that systemd opened for this process, as sd_listen_fds(3) describes them.</summary>
internal static class SystemdSockets
{
    private const string Setting = "--web.systemd-socket (GUNICORN_EXPORTER_WEB_SYSTEMD_SOCKET)";
    private const int First = 3;

    /// <exception cref="ConfigurationException">systemd passed no socket to this process, or one that cannot be used.</exception>
    internal static Socket[] Take(ExporterConfig config)
    {
        if (config.WebListenAddress is { } address)
        {
            throw new ConfigurationException(
                $"{Setting} is set together with --web.listen-address (GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS), \"{address}\"; remove one");
        }
        var process = Environment.GetEnvironmentVariable("LISTEN_PID");
        if (process != Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
            || !int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), out var count) || count < 1)
        {
            throw new ConfigurationException(
                $"{Setting} is set, but systemd passed no socket to this process; start it by a .socket unit, or remove the setting");
        }
        return [.. Enumerable.Range(First, count).Select(Take)];
    }

    private static Socket Take(int descriptor)
    {
        try
        {
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            if (socket.SocketType == SocketType.Stream
                && socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is > 0)
            {
                return socket;
            }
        }
        catch (SocketException)
        {
            // Not a socket.
        }
        throw new ConfigurationException(
            $"{Setting} is set, but descriptor {descriptor} is not a listening stream socket; " +
                "use ListenStream= and Accept=no in the .socket unit");
    }
}

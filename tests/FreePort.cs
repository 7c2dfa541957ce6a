using System.Net;
using System.Net.Sockets;

namespace GunicornPrometheusExporter;

/// <summary>Ports of the loopback interface that nobody listens on.</summary>
/// <remarks>
/// Below those that the kernel gives to connections, and above those of the Python tests (<c>live_gunicorn.py</c>), which run
/// beside these: until a server on a busy machine gets to listen on one, somebody else could.
/// </remarks>
internal static class FreePort
{
    private const int First = 21_000;
    private const int Count = 11_000;

    private static int s_taken = Environment.ProcessId * 200 % Count;

    internal static int Take()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref s_taken) % Count);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port);
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody listens there: there is always a next port.
            }
        }
    }
}

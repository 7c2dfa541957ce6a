using System.Net;
using System.Net.Sockets;

namespace GunicornPrometheusExporter.EndToEnd.Tests.Support;

/// <summary>Ports of the loopback interface that nobody listens on.</summary>
internal static class FreePort
{
    internal static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

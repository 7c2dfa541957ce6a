using System.CommandLine.Parsing;
using System.Net.Sockets;

namespace GunicornPrometheusExporter.Exporter.Http;

/// <summary>Reads addresses to listen on.</summary>
internal static class ListenAddress
{
    private const string Localhost = "localhost";
    private const string Every = "::";

    /// <summary>The address of a host, which is an IP address or <c>localhost</c>, and a port.</summary>
    internal static IPEndPoint Of(string host, int port) => Of(host, port, Socket.OSSupportsIPv6);

    /// <summary>The same; <c>::</c> means every address, which is <c>0.0.0.0</c> where the kernel has no IPv6.</summary>
    internal static IPEndPoint Of(string host, int port, bool hasIPv6)
    {
        var address = host == Localhost ? IPAddress.Loopback : IPAddress.Parse(host);
        return new(address.Equals(IPAddress.IPv6Any) && !hasIPv6 ? IPAddress.Any : address, port);
    }

    /// <summary>Reads <c>HOST:PORT</c>, <c>[IPv6]:PORT</c> or <c>:PORT</c>, the last of which means every address.</summary>
    /// <returns>Null if the text has none of these forms.</returns>
    internal static IPEndPoint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0) return null;
        var host = text[..colon];
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            return null;
        }
        if (host.Length == 0) return Of(Every, port);
        var isBare = host.Contains(':') && !host.StartsWith('[');
        return !isBare && (host == Localhost || IPAddress.TryParse(host, out _)) ? Of(host, port) : null;
    }

    internal static IPEndPoint[] ParseAll(ArgumentResult argument)
    {
        var addresses = new List<IPEndPoint>();
        foreach (var token in argument.Tokens)
        {
            if (Parse(token.Value) is { } address) addresses.Add(address);
            else
            {
                argument.AddError(
                    $"--web.listen-address is \"{token.Value}\"; give HOST:PORT with an IP address and a port " +
                    "from 1 to 65535, such as 127.0.0.1:9091, [::1]:9091 or :9091");
            }
        }
        return [.. addresses];
    }
}

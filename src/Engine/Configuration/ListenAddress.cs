using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GunicornPrometheusExporter.Configuration;

internal static class ListenAddress
{
    internal const string Rule =
        "HOST:PORT with an IP address and a port from 1 to 65535, such as 127.0.0.1:9091, [::1]:9091 or :9091, or to unix:PATH with " +
        "an absolute path of at most 107 bytes; several with commas between them";

    private const string Localhost = "localhost";
    private const string Every = "::";
    private const string UnixScheme = "unix:";
    private const int LongestPath = 107;

    /// <summary>The addresses of the metrics server.</summary>
    internal static EndPoint[] Of(ExporterConfig config) => config.WebListenAddress is { } texts
        ? WithoutCovered([.. texts.Split(',').Select(text => Parse(text)!).Distinct()])
        : [Of(config.PrometheusBindAddress, config.PrometheusMetricsPort, Socket.OSSupportsIPv6)];

    /// <summary>The address of a host, which is an IP address or <c>localhost</c>, and a port.</summary>
    /// <remarks><c>::</c> means every address, which is <c>0.0.0.0</c> where the kernel has no IPv6.</remarks>
    internal static IPEndPoint Of(string host, int port, bool hasIPv6)
    {
        var address = host == Localhost ? IPAddress.Loopback : IPAddress.Parse(host);
        return new(address.Equals(IPAddress.IPv6Any) && !hasIPv6 ? IPAddress.Any : address, port);
    }

    /// <summary>
    /// Reads <c>HOST:PORT</c>, <c>[IPv6]:PORT</c>, <c>:PORT</c>, which means every address, or <c>unix:PATH</c>.
    /// </summary>
    /// <returns>Null if the text has none of these forms.</returns>
    internal static EndPoint? Parse(string text)
    {
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal)) return ParseUnix(text[UnixScheme.Length..]);
        var colon = text.LastIndexOf(':');
        if (colon < 0) return null;
        var host = text[..colon];
        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
        {
            return null;
        }
        if (host.Length == 0) return Of(Every, port, Socket.OSSupportsIPv6);
        var isBare = host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[');
        return !isBare && (host == Localhost || IPAddress.TryParse(host, out _)) ? Of(host, port, Socket.OSSupportsIPv6) : null;
    }

    /// <summary>The form that <see cref="Parse"/> reads.</summary>
    internal static string TextOf(EndPoint address) => address is UnixDomainSocketEndPoint ? $"{UnixScheme}{address}" : $"{address}";

    // The kernel refuses an address that another socket of this process already covers.
    private static EndPoint[] WithoutCovered(EndPoint[] addresses) =>
        [.. addresses.Where(address => address is not IPEndPoint ip || !addresses.OfType<IPEndPoint>().Any(other => Covers(other, ip)))];

    private static bool Covers(IPEndPoint every, IPEndPoint address) => every.Port == address.Port && !every.Equals(address)
        && (every.Address.Equals(IPAddress.IPv6Any)
            || (every.Address.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork));

    private static UnixDomainSocketEndPoint? ParseUnix(string path) =>
        path.StartsWith('/') && !path.EndsWith('/') && !path.Any(char.IsControl) && Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? new(path)
            : null;
}

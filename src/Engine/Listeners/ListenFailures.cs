using System.Globalization;

namespace GunicornPrometheusExporter.Listeners;

/// <summary>The TCP connections to listening sockets that the kernel refused, since this network namespace exists.</summary>
/// <param name="Overflows">Because an accept queue was full.</param>
/// <param name="Drops">For any reason, <paramref name="Overflows"/> included.</param>
internal readonly record struct ListenFailures(double Overflows, double Drops)
{
    /// <summary>Reads the counters; null if this kernel has none.</summary>
    internal static ListenFailures? Read(string path = "/proc/net/netstat")
    {
        if (!File.Exists(path)) return null;
        // "TcpExt: SyncookiesSent … ListenOverflows ListenDrops …", then a line with the values in this order.
        var lines = File.ReadLines(path).Where(line => line.StartsWith("TcpExt:", StringComparison.Ordinal))
            .Select(line => line.Split(' ')).ToArray();
        return lines is [var names, var values] && ValueOf("ListenOverflows") is { } overflows && ValueOf("ListenDrops") is { } drops
            ? new(overflows, drops)
            : null;

        double? ValueOf(string name) => Array.IndexOf(names, name) is >= 0 and var i && i < values.Length
            && ulong.TryParse(values[i], NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
    }
}

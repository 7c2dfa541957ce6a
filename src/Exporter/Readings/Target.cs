using System.CommandLine.Parsing;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The address of an exporter.</summary>
/// <param name="Address">The base URL of its paths, without a user.</param>
/// <param name="User">User and password, with a colon between them; empty for none.</param>
internal sealed record Target(Uri Address, string User)
{
    private const string Metrics = "metrics";

    internal Uri MetricsAddress => new(Address, Metrics);

    /// <summary>The configured exporter of this machine.</summary>
    internal static Target Of(ExporterConfig config, bool isTls = false)
    {
        var host = IPAddress.TryParse(config.PrometheusBindAddress, out var address) ? Reachable(address) : IPAddress.Loopback;
        var scheme = isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;
        return new(new Uri($"{scheme}://{new IPEndPoint(host, config.PrometheusMetricsPort)}/"), "");
    }

    /// <summary>Reads <c>HOST:PORT</c>, or a URL with or without the path of the metrics.</summary>
    /// <returns>Null if the text is neither.</returns>
    internal static Target? Parse(string text)
    {
        if (!Uri.TryCreate(text.Contains("://") ? text : $"http://{text}", UriKind.Absolute, out var url)) return null;
        if ((url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.Host.Length == 0) return null;
        var path = url.AbsolutePath.TrimEnd('/');
        if (path.EndsWith($"/{Metrics}", StringComparison.Ordinal)) path = path[..^(Metrics.Length + 1)];
        var address = new UriBuilder(url.Scheme, url.Host, url.Port, path + "/").Uri;
        return new(address, Uri.UnescapeDataString(url.UserInfo));
    }

    internal static Target? Parse(ArgumentResult argument)
    {
        if (Parse(argument.Tokens[0].Value) is { } target) return target;
        argument.AddError("TARGET is not an exporter's address; give HOST:PORT or a URL, such as 10.0.0.7:9091 or https://host/metrics");
        return null;
    }

    /// <summary>The address to connect to; loopback for a server that listens on every address.</summary>
    /// <remarks>A server on every IPv6 address accepts IPv4 too, and 127.0.0.1 exists where IPv6 is disabled.</remarks>
    private static IPAddress Reachable(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : address;
}

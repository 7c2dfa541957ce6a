using System.CommandLine.Parsing;
using System.Net.Sockets;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>The address of an exporter.</summary>
/// <param name="Address">The base URL of its paths, without a user.</param>
/// <param name="User">User and password, with a colon between them; empty for none.</param>
internal sealed record Target(Uri Address, string User)
{
    private const string UnixScheme = "unix:";
    private const string Localhost = "localhost";

    /// <summary>The path of a Unix socket to connect to, in place of the host and port of the address; null for none.</summary>
    internal string? Socket { get; private init; }

    internal Uri MetricsAddress => new(Address, MetricsPath[1..]);

    /// <summary>The name of the exporter: <c>10.0.0.7:9091</c> or <c>unix:/run/metrics.sock</c>.</summary>
    internal string Name => Socket is null ? Address.Authority : $"{UnixScheme}{Socket}";

    private string MetricsPath { get; init; } = ConfigurationVariables.WebTelemetryPath.Default!;

    /// <summary>The configured exporter of this machine, or the exporter that listens on the given Unix socket.</summary>
    internal static Target Of(ExporterConfig config, bool isTls = false, string? socket = null)
    {
        var address = ListenAddress.Of(config)[0];
        if (socket is null && address is UnixDomainSocketEndPoint) socket = $"{address}";
        var authority = socket is null && address is IPEndPoint point
            ? $"{new IPEndPoint(Reachable(point.Address), point.Port)}"
            : Localhost;
        return new(new Uri($"{(isTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp)}://{authority}/"), "")
        {
            Socket = socket,
            MetricsPath = config.WebTelemetryPath,
        };
    }

    /// <summary>Reads <c>HOST:PORT</c>, <c>unix:PATH</c>, or a URL with or without the path of the metrics.</summary>
    /// <returns>Null if the text is neither.</returns>
    internal static Target? Parse(string text)
    {
        if (text.StartsWith(UnixScheme, StringComparison.Ordinal))
        {
            return ListenAddress.Parse(text) is { } socket ? new(new Uri($"http://{Localhost}/"), "") { Socket = $"{socket}" } : null;
        }
        if (!Uri.TryCreate(text.Contains("://") ? text : $"http://{text}", UriKind.Absolute, out var url)) return null;
        if ((url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps) || url.Host.Length == 0) return null;
        var address = new UriBuilder(url.Scheme, url.Host, url.Port, url.AbsolutePath.TrimEnd('/') + "/").Uri;
        return new(address, Uri.UnescapeDataString(url.UserInfo));
    }

    /// <summary>The same exporter with its metrics at a path, which the URL may end with.</summary>
    internal Target At(string path)
    {
        var own = Address.AbsolutePath.TrimEnd('/');
        var isWhole = own.EndsWith(path, StringComparison.Ordinal);
        return this with { Address = isWhole ? new Uri(Address, own[..^path.Length] + "/") : Address, MetricsPath = path };
    }

    /// <summary>A URL of the exporter for people: with the Unix socket, as nginx writes it.</summary>
    internal string TextOf(Uri url) => Socket is null ? $"{url}" : $"{url.Scheme}://{Name}:{url.AbsolutePath}";

    /// <summary>Whether a text names a store's directory, not an exporter.</summary>
    internal static bool IsDirectory(string text) => text is ['/' or '.', ..] || Directory.Exists(text);

    /// <summary>A command's argument that is an exporter or a store's directory.</summary>
    internal static Argument<string?> OrDirectory(string description)
    {
        var argument = new Argument<string?>("TARGET") { Description = description, Arity = ArgumentArity.ZeroOrOne };
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [var target] && !IsDirectory(target.Value)) _ = Parse(result);
        });
        return argument;
    }

    internal static Target? Parse(ArgumentResult argument)
    {
        if (Parse(argument.Tokens[0].Value) is { } target) return target;
        argument.AddError(
            "TARGET is not an exporter's address; give HOST:PORT, unix:PATH or a URL, such as 10.0.0.7:9091 or https://host/metrics");
        return null;
    }

    /// <summary>The address to connect to; loopback for a server that listens on every address.</summary>
    /// <remarks>A server on every IPv6 address accepts IPv4 too, and 127.0.0.1 exists where IPv6 is disabled.</remarks>
    private static IPAddress Reachable(IPAddress address) =>
        address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) ? IPAddress.Loopback : address;
}

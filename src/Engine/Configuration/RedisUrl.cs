using System.Collections.Immutable;
using System.Globalization;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>
/// <c>redis://[user[:password]@]host[:port][,host[:port]...][/database]</c>, with <c>rediss</c> for TLS. Immutable.
/// </summary>
/// <remarks>Several hosts are nodes of a Redis Cluster, or sentinels. Missing parts are null.</remarks>
/// <param name="IsSsl">Whether the scheme is <c>rediss</c>.</param>
/// <param name="Username">The user, with escapes resolved.</param>
/// <param name="Password">The password, with escapes resolved.</param>
/// <param name="Hosts">Names or addresses with their ports, at least one.</param>
/// <param name="Db">The database.</param>
internal sealed record RedisUrl(
    bool IsSsl, string? Username, string? Password, ImmutableArray<(string Name, int? Port)> Hosts, int? Db)
{
    private const string Plain = "redis://";
    private const string Secure = "rediss://";

    /// <param name="text">The text.</param>
    /// <param name="fault">Why the text is invalid, without quoting it, because it may contain a password.</param>
    internal static RedisUrl? Parse(string text, out string fault)
    {
        var isSsl = text.StartsWith(Secure, StringComparison.OrdinalIgnoreCase);
        fault = "it does not begin with redis:// or rediss://";
        if (!isSsl && !text.StartsWith(Plain, StringComparison.OrdinalIgnoreCase)) return null;

        var rest = text[(isSsl ? Secure : Plain).Length..];
        var at = rest.LastIndexOf('@');
        var (username, password) = at < 0 ? (null, null) : Credentials(rest[..at]);

        var parts = rest[(at + 1)..].Split('/', 2);
        fault = "a host is missing or invalid, or a port is not a number from 1 to 65535";
        var hosts = ImmutableArray.CreateBuilder<(string, int?)>();
        foreach (var host in parts[0].Split(','))
        {
            var colon = host.IndexOf(':', host.LastIndexOf(']') + 1);
            var name = (colon < 0 ? host : host[..colon]).TrimStart('[').TrimEnd(']');
            if (Uri.CheckHostName(name) == UriHostNameType.Unknown) return null;
            if (colon < 0) hosts.Add((name, null));
            else if (Number(host[(colon + 1)..]) is > 0 and <= ushort.MaxValue and var port) hosts.Add((name, port));
            else return null;
        }

        fault = "the part after the slash is not a database number";
        int? db = null;
        if (parts is [_, { Length: > 0 } path])
        {
            if (Number(path) is not { } number) return null;
            db = number;
        }
        return new(isSsl, username, password, hosts.ToImmutable(), db);
    }

    private static (string? Username, string? Password) Credentials(string text)
    {
        var parts = text.Split(':', 2);
        return (Unescape(parts[0]), parts.Length == 2 ? Unescape(parts[1]) : null);
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Unescape(string text) => text.Length == 0 ? null : Uri.UnescapeDataString(text);
}

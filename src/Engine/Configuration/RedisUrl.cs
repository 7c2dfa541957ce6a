using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>
/// <c>redis://[user[:password]@]host[:port][,host[:port]...][/database]</c>, with <c>rediss</c> for TLS and <c>sentinel</c> for
/// sentinels, or <c>unix://[user[:password]@]/socket</c>, each with the query of redis-py. Or several of them, as Celery and Django
/// write them, with semicolons or commas in between, if they differ only in their hosts. Immutable.
/// </summary>
/// <remarks>Several hosts are nodes of a Redis Cluster, or sentinels. Missing parts are null.</remarks>
/// <param name="IsSsl">Whether the scheme is <c>rediss</c>.</param>
/// <param name="Username">The user, with escapes resolved.</param>
/// <param name="Password">The password, with escapes resolved.</param>
/// <param name="Hosts">Names or addresses with their ports; none for a socket.</param>
internal sealed partial record RedisUrl(
    bool IsSsl, string? Username, string? Password, ImmutableArray<(string Name, int? Port)> Hosts, int? Db)
{
    private const string Plain = "redis://";
    private const string Secure = "rediss://";
    private const string Sentinel = "sentinel://";
    private static readonly string[] OfSockets = ["unix://", "redis+socket://", "socket://"];

    /// <summary>The path of the server's Unix socket; null for hosts.</summary>
    public string? SocketPath { get; private init; }

    /// <summary>Whether the hosts are sentinels, whatever the other settings are: the scheme is <c>sentinel</c>.</summary>
    public bool IsSentinel { get; private init; }

    /// <summary>Whether the server's certificate is not verified: <c>ssl_cert_reqs=none</c>.</summary>
    public bool IsUnverified { get; private init; }

    /// <summary>The file of the authorities that may sign the server's certificate: <c>ssl_ca_certs</c>.</summary>
    public string? CaFile { get; private init; }

    /// <summary>Whether the server's certificate may have any name: <c>ssl_check_hostname=false</c>.</summary>
    public bool IsNameUnverified { get; private init; }

    /// <summary>The file of the client's certificate: <c>ssl_certfile</c>.</summary>
    public string? CertFile { get; private init; }

    /// <summary>The file of that certificate's key: <c>ssl_keyfile</c>.</summary>
    public string? KeyFile { get; private init; }

    /// <summary>The user of the sentinels: <c>sentinel_username</c>.</summary>
    public string? SentinelUsername { get; private init; }

    /// <summary>The password of the sentinels: <c>sentinel_password</c>.</summary>
    public string? SentinelPassword { get; private init; }

    /// <summary>A text for errors: with a mask in place of everything that may be a password.</summary>
    internal static string Shown(string text)
    {
        var begin = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0;
        var at = Math.Max(begin, text.LastIndexOf('@'));
        // A user without a password may be a password without a user.
        var user = text[begin..at].IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? text[begin..(begin + colon + 1)] : "";
        var credentials = at == begin ? "" : user + VariableParser.Mask;
        var rest = OddPort().Replace(text[at..], $":{VariableParser.Mask}");
        return text[..begin] + credentials + QuerySecret().Replace(rest, $"$1{VariableParser.Mask}");
    }

    /// <param name="fault">Why the text is invalid, without quoting it, because it may contain a password.</param>
    internal static RedisUrl? Parse(string text, out string fault)
    {
        RedisUrl? whole = null;
        fault = "";
        foreach (var part in Separator().Split(text))
        {
            if (ParseOne(part, out fault) is not { } url) return null;
            whole ??= url with { Hosts = [] };
            // Celery repeats neither the database nor, mostly, the password.
            var common = url with
            {
                Hosts = [],
                Db = url.Db ?? whole.Db,
                Username = url.Username ?? whole.Username,
                Password = url.Password ?? whole.Password,
            };
            fault = "its URLs differ in more than their hosts";
            if (common != whole with { Hosts = [], Db = whole.Db ?? url.Db }) return null;
            whole = common with { Hosts = whole.Hosts.AddRange(url.Hosts) };
        }
        return whole;
    }

    private static RedisUrl? ParseOne(string text, out string fault)
    {
        string[] schemes = [Plain, Secure, Sentinel, .. OfSockets];
        var scheme = Array.Find(schemes, scheme => text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase));
        fault = "it does not begin with redis://, rediss://, sentinel:// or unix://";
        if (scheme is null) return null;

        var rest = text[scheme.Length..];
        var at = rest.LastIndexOf('@');
        var (username, password) = at < 0 ? (null, null) : Credentials(rest[..at]);
        var url = rest[(at + 1)..].Split('?', 2);
        var whole = new RedisUrl(scheme == Secure, username, password, [], null) { IsSentinel = scheme == Sentinel };
        var place = OfSockets.Contains(scheme) ? whole.WithSocket(url[0], out fault) : whole.WithHosts(url[0], out fault);
        return url is [_, var query] ? place?.WithQuery(query, out fault) : place;
    }

    private RedisUrl? WithSocket(string path, out string fault)
    {
        fault = "the path of the socket does not begin with /";
        return path.StartsWith('/') ? this with { SocketPath = Uri.UnescapeDataString(path) } : null;
    }

    private RedisUrl? WithHosts(string text, out string fault)
    {
        var parts = text.Split('/', 2);
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
        if (parts is not [_, { Length: > 0 } path]) return this with { Hosts = hosts.ToImmutable() };
        return Number(path) is { } db ? this with { Hosts = hosts.ToImmutable(), Db = db } : null;
    }

    /// <summary>Adds what the options of redis-py say about the server; those about its client, such as timeouts, have no effect.</summary>
    private RedisUrl? WithQuery(string query, out string fault)
    {
        var url = this;
        foreach (var option in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = option.Split('=')[0];
            var value = Uri.UnescapeDataString(option[Math.Min(option.Length, name.Length + 1)..]);
            fault = $"the option {name} has a value that is not supported";
            switch (name)
            {
                case "db" or "virtual_host" when Number(value) is { } db: url = url with { Db = db }; break;
                case "username": url = url with { Username = value }; break;
                case "password": url = url with { Password = value }; break;
                case "sentinel_username": url = url with { SentinelUsername = value }; break;
                case "sentinel_password": url = url with { SentinelPassword = value }; break;
                case "ssl_cert_reqs" when value is "none" or "CERT_NONE": url = url with { IsUnverified = true }; break;
                case "ssl_cert_reqs" when value is "required" or "CERT_REQUIRED" or "optional" or "CERT_OPTIONAL": break;
                case "ssl_check_hostname" when bool.TryParse(value, out var isChecked):
                    url = url with { IsNameUnverified = !isChecked };
                    break;
                case "ssl_ca_certs" when value.StartsWith('/'): url = url with { CaFile = value }; break;
                case "ssl_certfile" when value.StartsWith('/'): url = url with { CertFile = value }; break;
                case "ssl_keyfile" when value.StartsWith('/'): url = url with { KeyFile = value }; break;
                case "ssl_ca_certs" or "ssl_certfile" or "ssl_keyfile":
                    fault = $"the option {name} is not an absolute path";
                    return null;
                case "db" or "virtual_host" or "ssl_cert_reqs" or "ssl_check_hostname": return null;
                case var other when other.StartsWith("ssl_", StringComparison.Ordinal):
                    fault = $"the option {name} is not supported; remove it";
                    return null;
                default: break;
            }
        }
        fault = "";
        return url;
    }

    private static (string? Username, string? Password) Credentials(string text)
    {
        var parts = text.Split(':', 2);
        return (Unescape(parts[0]), parts.Length == 2 ? Unescape(parts[1]) : null);
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Unescape(string text) => text.Length == 0 ? null : Uri.UnescapeDataString(text);

    [GeneratedRegex(@"[;,]\s*(?=[a-z+]+://)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Separator();

    [GeneratedRegex(@"(password=)[^&]*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex QuerySecret();

    // Perhaps a password of which the @ was forgotten.
    [GeneratedRegex(@":(?![0-9]*(?:[/?,\]:]|$))[^/?,\]]+", RegexOptions.CultureInvariant)]
    private static partial Regex OddPort();
}

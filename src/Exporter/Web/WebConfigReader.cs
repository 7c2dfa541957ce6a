using System.Text.RegularExpressions;
using GunicornPrometheusExporter.Yaml;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>Reads a web configuration file with the schema of Prometheus' exporter-toolkit.</summary>
/// <remarks>It reports all errors at once. No error contains a hash or a key.</remarks>
internal sealed partial class WebConfigReader
{
    private const string TlsSection = "tls_server_config";
    private const string HttpSection = "http_server_config";
    private const string RateSection = "rate_limit";
    private const string UserSection = "basic_auth_users";

    // The headers that the toolkit allows; a non-empty array has their only valid values.
    private static readonly Dictionary<string, string[]> HeaderValues = new()
    {
        ["Content-Security-Policy"] = [],
        ["Strict-Transport-Security"] = [],
        ["X-Content-Type-Options"] = ["nosniff"],
        ["X-Frame-Options"] = ["deny", "sameorigin"],
        ["X-XSS-Protection"] = [],
    };

    private readonly string _directory;
    private readonly YamlEntries _yaml;
    private readonly Dictionary<string, string> _headers = [];
    private readonly Dictionary<string, string> _users = [];
    private TlsServerConfig? _tls;
    private RateLimit? _rate;
    private bool _isHttp2 = true;

    private WebConfigReader(string path, string text)
    {
        _directory = Path.GetDirectoryName(path)!;
        _yaml = new YamlEntries(text, path);
    }

    /// <summary>Reads the text of a file; relative paths start at the directory of its absolute path.</summary>
    /// <exception cref="ConfigurationException">The file is invalid; the message has one line per error, with line and column.</exception>
    internal static WebConfig Read(string path, string text)
    {
        var reader = new WebConfigReader(path, text);
        reader.ReadDocument();
        if (reader._yaml.Errors.Count > 0) throw new ConfigurationException(string.Join('\n', reader._yaml.Errors));
        return new()
        {
            Tls = reader._tls,
            IsHttp2 = reader._isHttp2,
            Headers = reader._headers,
            Users = reader._users,
            Rate = reader._rate,
        };
    }

    private void ReadDocument()
    {
        var isAny = _yaml.ReadDocument(new Dictionary<string, Action<Scalar>>
        {
            [TlsSection] = ReadTls,
            [HttpSection] = _ => ReadHttp(),
            [UserSection] = _ => ReadUsers(),
            [RateSection] = ReadRate,
        });
        // A file that is being written is empty for a moment, which must not remove the protection.
        if (!isAny) _yaml.Reject(new Mark(0, 1, 1), $"the file is empty; add {TlsSection}, {HttpSection} or {UserSection}");
    }

    private void ReadHttp() => _yaml.Read(HttpSection, new Dictionary<string, Action<Scalar>>
    {
        ["http2"] = key => _isHttp2 = _yaml.ReadBoolean(key) ?? true,
        ["headers"] = _ => _yaml.Read("headers", HeaderValues.ToDictionary(
            header => header.Key, header => new Action<Scalar>(key => ReadHeader(key, header.Value)))),
    });

    private void ReadHeader(Scalar key, string[] values)
    {
        if (_yaml.ReadText(key) is not { Length: > 0 } value) return;
        if (values.Length > 0 && !values.Contains(value))
        {
            _yaml.Reject(key.Start, $"{key.Value} is \"{value}\"; set it to {string.Join(" or ", values)}");
        }
        else if (value.Any(letter => letter is < ' ' or > '~'))
        {
            _yaml.Reject(key.Start, $"{key.Value} contains a character that is not allowed in a header; use printable ASCII");
        }
        else _headers[key.Value] = value;
    }

    private void ReadUsers()
    {
        foreach (var user in _yaml.Keys(UserSection))
        {
            var hash = _yaml.ReadText(user);
            if (hash is not null && PasswordHash().IsMatch(hash)) _users[user.Value] = hash;
            else
            {
                _yaml.Reject(user.Start,
                    $"the password of user \"{user.Value}\" is not a bcrypt hash; create one with htpasswd -nBC 10 {user.Value}");
            }
        }
    }

    private void Refuse(Scalar key, string reason)
    {
        _yaml.Reject(key.Start, $"{key.Value} is not supported {reason}; remove it");
        _yaml.Skip();
    }

    /// <summary>The form of a bcrypt hash: <c>$2y$</c>, a cost of 4 to 31, 22 letters of salt and 31 of hash.</summary>
    [GeneratedRegex(@"\A\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}\z")]
    internal static partial Regex PasswordHash();
}

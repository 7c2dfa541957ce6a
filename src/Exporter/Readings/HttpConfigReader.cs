using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using GunicornPrometheusExporter.Yaml;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Exporter.Readings;

/// <summary>Reads the file of <c>--http.config.file</c>: the part of Prometheus' HTTP client configuration that exporters need.</summary>
/// <remarks>It reports all errors at once. No error contains a password or a key.</remarks>
internal sealed class HttpConfigReader
{
    private const string Basic = "basic_auth";
    private const string Bearer = "authorization";
    private const string Tls = "tls_config";

    private readonly string _directory;
    private readonly YamlEntries _yaml;
    private readonly Dictionary<string, (Scalar Key, string Text)> _texts = [];
    private bool _isUnverified;

    private HttpConfigReader(string path, string text) => (_directory, _yaml) = (Path.GetDirectoryName(path)!, new YamlEntries(text, path));

    /// <param name="path">Absolute path of the file; relative paths in it start at its directory.</param>
    /// <exception cref="ConfigurationException">The file is invalid; the message has one line per error, with line and column.</exception>
    internal static HttpConfig Read(string path, string text)
    {
        var reader = new HttpConfigReader(path, text);
        var config = reader.Read();
        return reader._yaml.Errors.Count == 0 ? config : throw new ConfigurationException(string.Join('\n', reader._yaml.Errors));
    }

    private HttpConfig Read()
    {
        _yaml.ReadDocument(new Dictionary<string, Action<Scalar>>
        {
            [Basic] = _ => ReadTexts(Basic, "username", "password", "password_file"),
            [Bearer] = _ => ReadTexts(Bearer, "type", "credentials", "credentials_file"),
            [Tls] = _ => _yaml.Read(Tls, new Dictionary<string, Action<Scalar>>
            {
                ["ca_file"] = Keep,
                ["cert_file"] = Keep,
                ["key_file"] = Keep,
                ["server_name"] = Keep,
                ["insecure_skip_verify"] = key => _isUnverified = _yaml.ReadBoolean(key) ?? false,
            }),
        });
        return new()
        {
            Authorization = Authorization(),
            Authorities = ReadAuthorities(),
            Certificate = Certificate(),
            ServerName = TextOf("server_name"),
            IsUnverified = _isUnverified,
        };
    }

    private void ReadTexts(string section, params string[] keys) =>
        _yaml.Read(section, keys.ToDictionary(key => key, _ => (Action<Scalar>)Keep));

    private void Keep(Scalar key)
    {
        if (_yaml.ReadText(key) is { Length: > 0 } text) _texts[key.Value] = (key, text);
    }

    private string? TextOf(string key) => _texts.TryGetValue(key, out var entry) ? entry.Text : null;

    private AuthenticationHeaderValue? Authorization()
    {
        if ((TextOf("credentials") ?? ContentOf("credentials_file")?.Trim()) is { } credentials)
        {
            return new(TextOf("type") ?? "Bearer", credentials);
        }
        if (TextOf("username") is not { } user) return null;
        return HttpConfig.Basic($"{user}:{TextOf("password") ?? ContentOf("password_file")?.TrimEnd('\r', '\n')}");
    }

    private X509Certificate2Collection ReadAuthorities()
    {
        if (ContentOf("ca_file") is not { } pem) return [];
        var authorities = Authorities.Parse(pem);
        if (authorities.Count == 0) Reject("ca_file", "contains no certificate; give one in PEM format");
        return authorities;
    }

    private X509Certificate2? Certificate()
    {
        if (ContentOf("cert_file") is not { } certificate) return null;
        try
        {
            return X509Certificate2.CreateFromPem(certificate, ContentOf("key_file") ?? "");
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            Reject("cert_file", "has no matching key; set key_file to the certificate's key in PEM format, unencrypted");
            return null;
        }
    }

    /// <summary>The content of a file that a key names; null without the key, or with an error.</summary>
    private string? ContentOf(string key)
    {
        if (TextOf(key) is not { } path) return null;
        path = Path.GetFullPath(path, _directory);
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Reject(key, $"{FileFault.Of(e, path)}; name a file that this user can read");
            return null;
        }
    }

    private void Reject(string key, string fault) =>
        _yaml.Reject(_texts[key].Key.Start, $"{key} is \"{_texts[key].Text}\", which {fault}");
}

using System.Security.Authentication;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Exporter.Web;

internal sealed partial class WebConfigReader
{
    private const string ByOpenSsl = "because OpenSSL's configuration on this machine determines it";

    // In ascending order.
    private static readonly (string Name, SslProtocols Protocol)[] Versions =
        [("TLS12", SslProtocols.Tls12), ("TLS13", SslProtocols.Tls13)];

    private void ReadTls(Scalar section)
    {
        var texts = new Dictionary<string, string>();
        IReadOnlyList<string>? sans = null;
        var policy = ClientCertificatePolicy.NoClientCert;
        var (lowest, highest) = (0, Versions.Length - 1);
        void Keep(Scalar key)
        {
            if (_yaml.ReadText(key) is { Length: > 0 } text) texts[key.Value] = text;
        }
        _yaml.Read(TlsSection, new Dictionary<string, Action<Scalar>>
        {
            ["cert"] = Keep,
            ["cert_file"] = Keep,
            ["key"] = Keep,
            ["key_file"] = Keep,
            ["client_ca"] = Keep,
            ["client_ca_file"] = Keep,
            ["client_auth_type"] = key => policy = ReadPolicy(key),
            ["client_allowed_sans"] = key => sans = _yaml.ReadTexts(key),
            ["min_version"] = key => lowest = ReadVersion(key) ?? lowest,
            ["max_version"] = key => highest = ReadVersion(key) ?? highest,
            ["cipher_suites"] = key => Refuse(key, ByOpenSsl),
            ["prefer_server_cipher_suites"] = key => Refuse(key, ByOpenSsl),
            ["curve_preferences"] = key => Refuse(key, ByOpenSsl),
        });
        PemSource? Source(string name)
        {
            var file = name + "_file";
            if (texts.ContainsKey(name) && texts.ContainsKey(file))
            {
                _yaml.Reject(section.Start, $"{TlsSection} has both {name} and {file}; remove one");
            }
            if (texts.TryGetValue(file, out var path)) return new() { Setting = file, Path = Path.GetFullPath(path, _directory) };
            return texts.TryGetValue(name, out var text) ? new() { Setting = name, Text = text } : null;
        }
        var (certificate, key, authorities) = (Source("cert"), Source("key"), Source("client_ca"));
        if (certificate is null) _yaml.Reject(section.Start, $"{TlsSection} has no certificate; set cert_file");
        if (key is null) _yaml.Reject(section.Start, $"{TlsSection} has no key; set key_file");
        if (lowest > highest) _yaml.Reject(section.Start, "min_version is higher than max_version; swap them");
        CheckClients(section, policy, authorities, sans);
        if (certificate is null || key is null) return;
        _tls = new()
        {
            Certificate = certificate,
            Key = key,
            ClientAuthorities = authorities,
            ClientPolicy = policy,
            AllowedSans = sans,
            Protocols = Versions[lowest..(Math.Max(lowest, highest) + 1)]
                .Aggregate(SslProtocols.None, (all, version) => all | version.Protocol),
        };
    }

    private void CheckClients(Scalar section, ClientCertificatePolicy policy, PemSource? authorities, IReadOnlyList<string>? sans)
    {
        if (policy is ClientCertificatePolicy.NoClientCert && authorities is not null)
        {
            _yaml.Reject(section.Start,
                "client_ca_file has no effect while client_auth_type is NoClientCert; set it to RequireAndVerifyClientCert");
        }
        if (policy is ClientCertificatePolicy.VerifyClientCertIfGiven or ClientCertificatePolicy.RequireAndVerifyClientCert
            && authorities is null)
        {
            _yaml.Reject(section.Start, $"client_auth_type is {policy}, but client_ca_file is missing; set it");
        }
        // A name has no meaning unless the certificate is required and verified.
        if (sans is not null && policy is not ClientCertificatePolicy.RequireAndVerifyClientCert)
        {
            _yaml.Reject(section.Start,
                $"client_allowed_sans has no effect while client_auth_type is {policy}; set it to RequireAndVerifyClientCert");
        }
    }

    private ClientCertificatePolicy ReadPolicy(Scalar key)
    {
        var text = _yaml.ReadText(key);
        // The older name in exporter-toolkit.
        if (text == "RequireClientCert") return ClientCertificatePolicy.RequireAnyClientCert;
        var names = Enum.GetNames<ClientCertificatePolicy>();
        if (text is null) return ClientCertificatePolicy.NoClientCert;
        if (names.Contains(text)) return Enum.Parse<ClientCertificatePolicy>(text);
        _yaml.Reject(key.Start, $"client_auth_type is \"{text}\"; set it to one of {string.Join(", ", names)}");
        return ClientCertificatePolicy.NoClientCert;
    }

    private int? ReadVersion(Scalar key)
    {
        if (_yaml.ReadText(key) is not { } text) return null;
        var rank = Array.FindIndex(Versions, version => version.Name == text);
        if (rank >= 0) return rank;
        _yaml.Reject(key.Start, $"{key.Value} is \"{text}\"; set it to TLS12 or TLS13; older versions are not supported");
        return null;
    }
}

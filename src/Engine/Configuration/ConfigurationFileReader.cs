using System.Collections.Frozen;
using System.Text;
using GunicornPrometheusExporter.Routes;
using GunicornPrometheusExporter.Yaml;
using YamlDotNet.Core.Events;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>Reads the YAML file with settings, which may contain only mappings of strings and lists of strings.</summary>
/// <remarks>Tags and aliases are ignored, so the cost of a file is proportional to its size.</remarks>
internal sealed class ConfigurationFileReader
{
    private const string Root = "exporter";
    private const int LargestFile = 256 << 10;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<ConfigurationVariable, FileSetting> _settings = [];
    private readonly YamlEntries _entries;

    private ConfigurationFileReader(YamlEntries entries) => _entries = entries;

    /// <summary>Reads a file, whatever its content: returns the valid settings and all errors.</summary>
    public static ConfigurationFile Read(string path)
    {
        path = Path.GetFullPath(path);
        return TextOf(path, out var fault) is { } text
            ? Read(path, text)
            : new(path, FrozenDictionary<ConfigurationVariable, FileSetting>.Empty, [fault]);
    }

    internal static ConfigurationFile Read(string path, string text)
    {
        var entries = new YamlEntries(text, path);
        var reader = new ConfigurationFileReader(entries);
        entries.ReadDocument(new Dictionary<string, Action<Scalar>>
        {
            [Root] = _ => entries.Read(Root, reader.Readers(Root, ConfigurationVariables.InFile, 0)),
        });
        return new(path, reader._settings.ToFrozenDictionary(), [.. entries.Errors]);
    }

    private Dictionary<string, Action<Scalar>> Readers(string name, IEnumerable<ConfigurationVariable> variables, int depth) =>
        variables.GroupBy(variable => variable.Path[depth])
            .ToDictionary(group => group.Key, group => ReaderOf($"{name}.{group.Key}", group, depth + 1));

    private Action<Scalar> ReaderOf(string name, IEnumerable<ConfigurationVariable> variables, int depth)
    {
        var first = variables.First();
        return first.Path.Length == depth ? key => ReadSetting(first, key) : _ => _entries.Read(name, Readers(name, variables, depth));
    }

    private void ReadSetting(ConfigurationVariable variable, Scalar key)
    {
        var isMapping = variable.Kind is VariableKind.Labels or VariableKind.Headers or VariableKind.Attributes
            or VariableKind.Thresholds && _entries.IsMapping;
        var errors = _entries.Errors.Count;
        var isList = variable.Kind is VariableKind.Texts or VariableKind.Addresses or VariableKind.Bounds or VariableKind.Methods
            or VariableKind.ExtraLabels && _entries.IsList;
        var text = isMapping ? ReadPairs(variable)
            : isList ? string.Join(',', _entries.ReadTexts(key)!)
            : variable.Kind == VariableKind.Routes && _entries.IsList ? ReadPatterns(variable, key)
            : _entries.ReadText(key);
        if (_entries.Errors.Count > errors) _settings[variable] = new(null, key.Start.Line);
        else if (string.IsNullOrEmpty(text)) return;
        else if (VariableParser.TryParse(variable, text, out _, out var remedy)) _settings[variable] = new(text, key.Start.Line);
        else
        {
            _entries.Reject(key.Start, $"{Root}.{variable.Key} is \"{VariableParser.Shown(variable, text)}\"; set it to {remedy}");
            _settings[variable] = new(null, key.Start.Line);
        }
    }

    private string ReadPairs(ConfigurationVariable variable)
    {
        var pairs = new List<string>();
        foreach (var key in _entries.Keys($"{Root}.{variable.Key}"))
        {
            var value = _entries.ReadText(key) ?? "";
            if (value.Contains(',', StringComparison.Ordinal))
            {
                _entries.Reject(key.Start, $"{Root}.{variable.Key}.{key.Value} contains a comma, which is not supported; remove it");
            }
            pairs.Add($"{key.Value}={value}");
        }
        return string.Join(',', pairs);
    }

    private string ReadPatterns(ConfigurationVariable variable, Scalar key)
    {
        var patterns = _entries.ReadTexts(key) ?? [];
        if (patterns.Any(pattern => pattern.Contains(RoutePatterns.Separator, StringComparison.Ordinal)))
        {
            _entries.Reject(key.Start, $"{Root}.{variable.Key} contains a semicolon, which is not supported; remove it");
        }
        return string.Join($"{RoutePatterns.Separator} ", patterns);
    }

    private static string? TextOf(string path, out string fault)
    {
        fault = "";
        try
        {
            using var file = File.OpenRead(path);
            var bytes = new byte[LargestFile + 1];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length == bytes.Length) fault = $"{path} is larger than {LargestFile} bytes; remove what is not a setting";
            else if (bytes.AsSpan(0, length).IndexOf((byte)0) is >= 0 and var zero)
            {
                fault = $"{path}:{LineAt(bytes, zero)}: this line contains a NUL byte; is this a text file?";
            }
            else return Utf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException e)
        {
            fault = $"{path} is not UTF-8 at byte {e.Index}; save it as UTF-8";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"{path} {FileFault.Of(e, path)}; name a file that user {Environment.UserName} can read";
        }
        return null;
    }

    private static int LineAt(ReadOnlySpan<byte> bytes, int index) => bytes[..index].Count((byte)'\n') + 1;
}

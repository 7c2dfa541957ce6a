using System.Collections;

namespace GunicornPrometheusExporter.Configuration;

internal sealed partial class ExporterConfig
{
    private static readonly string[] ServiceLinks = ["tcp://", "udp://", "sctp://"];

    private readonly IReadOnlyDictionary<string, string> _flags;
    private readonly IReadOnlyDictionary<string, string> _variables;
    private readonly ConfigurationFile? _file;
    private readonly Dictionary<ConfigurationVariable, SettingSource> _sources = [];

    /// <summary>The configuration from flags, this process's environment, and the file that one of them names.</summary>
    /// <param name="flags">Values by variable name; an empty one selects the default and overrides every other source.</param>
    public static ExporterConfig Load(IReadOnlyDictionary<string, string>? flags = null) =>
        Load(flags ?? new Dictionary<string, string>(), Environment());

    /// <summary>The configuration from flags, variables, and the file that one of them names.</summary>
    internal static ExporterConfig Load(IReadOnlyDictionary<string, string> flags, IReadOnlyDictionary<string, string> variables)
    {
        var file = new ExporterConfig(new(flags), variables, null).ConfigFile;
        return new(new(flags), variables, file is null ? null : ConfigurationFileReader.Read(file));
    }

    /// <summary>The configuration from the same flags and environment, and the current content of the file.</summary>
    public ExporterConfig Reread() => Load(_flags, _variables);

    /// <summary>The settings that differ in another configuration.</summary>
    public IEnumerable<ConfigurationVariable> ChangesTo(ExporterConfig next) =>
        ConfigurationVariables.All.Where(variable => Find(variable).Text != next.Find(variable).Text);

    /// <summary>The same configuration with more flags, by variable name; does not read the file again.</summary>
    public ExporterConfig With(IReadOnlyDictionary<string, string> flags)
    {
        var all = new Dictionary<string, string>(_flags);
        foreach (var (name, text) in flags) all[name] = text;
        return new(all, _variables, _file);
    }

    public SettingSource SourceOf(ConfigurationVariable variable) => _sources[variable];

    /// <summary>The source of a setting in a word or two: <c>environment</c>, or the file and its line.</summary>
    public string PlaceOf(ConfigurationVariable variable) => SourceOf(variable) switch
    {
        SettingSource.Flag => "flag",
        SettingSource.Environment => "environment",
        SettingSource.File => $"{_file!.Path}:{_file.Settings[variable].Line}",
        _ => "default",
    };

    /// <summary>The file's values of <see cref="ConfigurationVariables.Recording"/>, for the environment of the workers.</summary>
    public IEnumerable<KeyValuePair<string, string>> RecordingVariables =>
        from variable in ConfigurationVariables.Recording
        where SourceOf(variable) == SettingSource.File && _values.ContainsKey(variable)
        select KeyValuePair.Create(variable.Name, _file!.Settings[variable].Text!);

    /// <summary>What is suspicious but no error, one sentence each.</summary>
    public IEnumerable<string> Warnings
    {
        get
        {
            if (_file?.ShowsSecrets == true)
            {
                yield return
                    $"{_file.Path} contains secrets and every user of this machine can read it; restrict its permissions (chmod o-r)";
            }
            foreach (var variable in ConfigurationVariables.All)
            {
                if (Inherited(variable) is not (var name, var text) || !IsForeign(variable, text)) continue;
                yield return $"ignoring {name}=\"{VariableParser.Shown(variable, text)}\" of the environment, which another program " +
                    $"seems to use; to set it for the exporter, use {VariableParser.RuleOf(variable)}";
            }
        }
    }

    private (string? Text, SettingSource Source) Find(ConfigurationVariable variable)
    {
        if (_flags.TryGetValue(variable.Name, out var flag)) return (flag, flag.Length > 0 ? SettingSource.Flag : SettingSource.Default);
        if (Inherited(variable) is (_, var text) && !IsForeign(variable, text)) return (text, SettingSource.Environment);
        if (_file?.Settings.GetValueOrDefault(variable) is { } setting) return (setting.Text, SettingSource.File);
        return StandardOf(variable) is (_, var standard) ? (standard, SettingSource.Environment) : (null, SettingSource.Default);
    }

    /// <summary>The text that a variable of OpenTelemetry has for a variable, and its name; null if none is set or counts.</summary>
    /// <remarks>The application uses the same variables for itself, so they alone neither start OTLP nor cause errors.</remarks>
    private (string Name, string Text)? StandardOf(ConfigurationVariable variable)
    {
        if (variable.Standards.IsEmpty || !IsOn(ConfigurationVariables.OtlpEnabled)) return null;
        foreach (var (name, suffix) in variable.Standards)
        {
            if (_variables.GetValueOrDefault(name) is not { Length: > 0 } text) continue;
            return (name, suffix.Length == 0 ? text : text.TrimEnd('/') + suffix);
        }
        return null;
    }

    /// <summary>The environment's text for a variable, and the name under which it has it; null if unset or empty.</summary>
    private (string Name, string Text)? Inherited(ConfigurationVariable variable)
    {
        foreach (var name in (IEnumerable<string>)[variable.Name, .. variable.Aliases])
        {
            if (_variables.GetValueOrDefault(name) is { Length: > 0 } text) return (name, text);
        }
        return null;
    }

    /// <summary>Whether an inherited text cannot be meant for the exporter.</summary>
    /// <remarks>
    /// Kubernetes gives every container variables like <c>REDIS_PORT=tcp://10.96.0.12:6379</c>, one for each service of its
    /// namespace. Applications have their own use for <c>GUNICORN_WORKERS</c> and the like, and for <c>REDIS_URL</c> and the like
    /// if the exporter does not forward to Redis.
    /// </remarks>
    private bool IsForeign(ConfigurationVariable variable, string text) =>
        (variable.Kind == VariableKind.Number && ServiceLinks.Any(scheme => text.StartsWith(scheme, StringComparison.Ordinal)))
        || ((variable.IsShared || IsOfUnusedRedis(variable)) && !VariableParser.TryParse(variable, text, out _, out _));

    private bool IsOfUnusedRedis(ConfigurationVariable variable) =>
        variable != ConfigurationVariables.RedisEnabled && variable.Name.StartsWith("REDIS_", StringComparison.Ordinal)
        && !IsOn(ConfigurationVariables.RedisEnabled);

    private bool IsOn(ConfigurationVariable variable) => Find(variable).Text is { Length: > 0 } text
        && VariableParser.TryParse(variable, text, out var value, out _) && value is true;

    private static Dictionary<string, string> Environment()
    {
        var variables = new Dictionary<string, string>();
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            variables[(string)entry.Key] = (string)entry.Value!;
        }
        return variables;
    }
}

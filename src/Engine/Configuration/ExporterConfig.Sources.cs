using System.Collections;

namespace GunicornPrometheusExporter.Configuration;

internal sealed partial class ExporterConfig
{
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
    public IEnumerable<ConfigurationVariable> ChangesTo(ExporterConfig next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return ConfigurationVariables.All.Where(variable => Find(variable).Text != next.Find(variable).Text);
    }

    /// <summary>The same configuration with more flags, by variable name; does not read the file again.</summary>
    public ExporterConfig With(IReadOnlyDictionary<string, string> flags)
    {
        ArgumentNullException.ThrowIfNull(flags);
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

    /// <summary>A warning in one sentence that names the file; null if there is none.</summary>
    public string? Warning => _file?.ShowsSecrets == true
        ? $"{_file.Path} contains secrets and every user of this machine can read it; restrict its permissions (chmod o-r)"
        : null;

    private (string? Text, SettingSource Source) Find(ConfigurationVariable variable)
    {
        if (_flags.TryGetValue(variable.Name, out var flag)) return (flag, flag.Length > 0 ? SettingSource.Flag : SettingSource.Default);
        if (_variables.GetValueOrDefault(variable.Name) is { Length: > 0 } text) return (text, SettingSource.Environment);
        return _file?.Settings.GetValueOrDefault(variable) is { } setting
            ? (setting.Text, SettingSource.File)
            : (null, SettingSource.Default);
    }

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

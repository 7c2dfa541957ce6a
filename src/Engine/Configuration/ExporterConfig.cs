using System.Collections.Immutable;
using System.Globalization;
using GunicornPrometheusExporter.Directories;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The configuration: immutable, read once, with all errors.</summary>
/// <remarks>
/// A flag overrides the environment, the environment the file, and the file the default; an empty value counts as
/// unset. A property whose variable is invalid throws <see cref="ConfigurationException"/>; every other property has its
/// value. The variables, with defaults and ranges, are in <see cref="ConfigurationVariables"/>.
/// </remarks>
internal sealed partial class ExporterConfig
{
    private readonly Dictionary<ConfigurationVariable, object?> _values = [];

    /// <summary>The configuration of this process's environment, without a file.</summary>
    public ExporterConfig() : this(Environment()) { }

    /// <summary>The configuration of a set of variables, without the environment and without a file.</summary>
    /// <param name="variables">Texts by the variables' names; others are ignored.</param>
    public ExporterConfig(IReadOnlyDictionary<string, string> variables) : this([], variables, null) { }

    private ExporterConfig(
        Dictionary<string, string> flags, IReadOnlyDictionary<string, string> variables, ConfigurationFile? file)
    {
        (_flags, _variables, _file) = (flags, variables, file);
        var errors = ImmutableArray.CreateBuilder<ConfigurationError>();
        foreach (var error in file?.Errors ?? [])
        {
            errors.Add(new(ConfigurationVariables.ConfigFile.Name, file!.Path, "a file without errors") { Message = error });
        }
        foreach (var variable in ConfigurationVariables.All)
        {
            var (text, source) = Find(variable);
            _sources[variable] = source;
            if (source == SettingSource.File && text is null) continue;
            if (string.IsNullOrEmpty(text)) text = DefaultOf(variable);
            if (text is null) _values[variable] = null;
            else if (VariableParser.TryParse(variable, text, out var value, out var remedy)) _values[variable] = value;
            else errors.Add(new(variable.Name, VariableParser.Shown(variable, text), remedy));
        }
        Errors = errors.ToImmutable();
    }

    /// <summary>
    /// All errors: those of the file, then those of the variables in the order of <see cref="ConfigurationVariables.All"/>.
    /// </summary>
    public ImmutableArray<ConfigurationError> Errors { get; }

    /// <summary>The errors that prevent serving: an invalid destination of a forwarder is not among them.</summary>
    public IReadOnlyCollection<ConfigurationError> ServingErrors =>
        [.. Errors.Where(error => !ConfigurationVariables.Forwarding.Any(variable => variable.Name == error.Variable))];

    /// <summary>Absolute path of the file with settings; null if there is none.</summary>
    public string? ConfigFile => Get<string?>(ConfigurationVariables.ConfigFile);

    /// <summary>Port of the metrics server, 1 to 65535.</summary>
    public int PrometheusMetricsPort => Get<int>(ConfigurationVariables.PrometheusMetricsPort);

    /// <summary>Address that the metrics server listens on.</summary>
    public string PrometheusBindAddress => Get<string>(ConfigurationVariables.PrometheusBindAddress);

    /// <summary>File that restricts access to the metrics server; null to serve every client.</summary>
    public string? WebConfigFile => Get<string?>(ConfigurationVariables.WebConfigFile);

    /// <summary>Absolute path of the store.</summary>
    public string PrometheusMultiprocDir => Get<string>(ConfigurationVariables.PrometheusMultiprocDir);

    /// <summary>Number of Gunicorn workers, at least 1.</summary>
    public int GunicornWorkers => Get<int>(ConfigurationVariables.GunicornWorkers);

    /// <summary>Seconds after which Gunicorn kills a silent worker; 0 disables this.</summary>
    public int GunicornTimeout => Get<int>(ConfigurationVariables.GunicornTimeout);

    /// <summary>Seconds that Gunicorn keeps an idle connection open.</summary>
    public int GunicornKeepalive => Get<int>(ConfigurationVariables.GunicornKeepalive);

    /// <summary>Whether the exporter forwards metrics to Redis.</summary>
    public bool RedisEnabled => Get<bool>(ConfigurationVariables.RedisEnabled);

    /// <summary>The complete Redis address; null if it is not set.</summary>
    public RedisUrl? RedisUrl => Get<RedisUrl?>(ConfigurationVariables.RedisUrl);

    /// <summary>Host name of the Redis server.</summary>
    public string RedisHost => Get<string>(ConfigurationVariables.RedisHost);

    /// <summary>Port of the Redis server, 1 to 65535.</summary>
    public int RedisPort => Get<int>(ConfigurationVariables.RedisPort);

    /// <summary>Number of the Redis database.</summary>
    public int RedisDb => Get<int>(ConfigurationVariables.RedisDb);

    /// <summary>Password of the Redis server; null if none is set.</summary>
    public string? RedisPassword => Get<string?>(ConfigurationVariables.RedisPassword);

    /// <summary>User of the Redis server's access control list; null for the default user.</summary>
    public string? RedisUsername => Get<string?>(ConfigurationVariables.RedisUsername);

    /// <summary>Whether the exporter connects to Redis by TLS.</summary>
    public bool RedisSsl => Get<bool>(ConfigurationVariables.RedisSsl);

    /// <summary>PEM file of the authorities that may sign the Redis server's certificate; null for the system's.</summary>
    public string? RedisCaFile => Get<string?>(ConfigurationVariables.RedisCaFile);

    /// <summary>Name of the Redis master at the sentinels; null without Sentinel.</summary>
    public string? RedisSentinelService => Get<string?>(ConfigurationVariables.RedisSentinelService);

    /// <summary>The prefix of every Redis key.</summary>
    public string RedisKeyPrefix => Get<string>(ConfigurationVariables.RedisKeyPrefix);

    /// <summary>Seconds between two snapshots sent to Redis, at least 1.</summary>
    public int RedisForwardInterval => Get<int>(ConfigurationVariables.RedisForwardInterval);

    /// <summary>Name of this store among all that forward to the same destination.</summary>
    public string Instance => Get<string?>(ConfigurationVariables.Instance) ?? InstanceName.OfHost();

    /// <summary>URL of the remote-write receiver; null if there is none.</summary>
    public string? RemoteWriteUrl => Get<string?>(ConfigurationVariables.RemoteWriteUrl);

    /// <summary>Seconds between two remote writes, at least 1.</summary>
    public int RemoteWriteInterval => Get<int>(ConfigurationVariables.RemoteWriteInterval);

    /// <summary>Version of remote write: <c>1.0</c>, <c>2.0</c> or <c>auto</c>.</summary>
    public string RemoteWriteProtocol => Get<string>(ConfigurationVariables.RemoteWriteProtocol);

    /// <summary>Labels added to every remote-written series, <c>name=value</c> with commas between them.</summary>
    public string? RemoteWriteExternalLabels => Get<string?>(ConfigurationVariables.RemoteWriteExternalLabels);

    /// <summary>Headers added to every remote-write request, <c>name=value</c> with commas between them; may hold secrets.</summary>
    public string? RemoteWriteHeaders => Get<string?>(ConfigurationVariables.RemoteWriteHeaders);

    /// <summary>User of basic authentication; null for none.</summary>
    public string? RemoteWriteUsername => Get<string?>(ConfigurationVariables.RemoteWriteUsername);

    /// <summary>Password of basic authentication.</summary>
    public string? RemoteWritePassword => Get<string?>(ConfigurationVariables.RemoteWritePassword);

    /// <summary>File with that password.</summary>
    public string? RemoteWritePasswordFile => Get<string?>(ConfigurationVariables.RemoteWritePasswordFile);

    /// <summary>File with a bearer token; null for none.</summary>
    public string? RemoteWriteBearerTokenFile => Get<string?>(ConfigurationVariables.RemoteWriteBearerTokenFile);

    /// <summary>PEM file of the trusted authorities; null for the system's.</summary>
    public string? RemoteWriteCaFile => Get<string?>(ConfigurationVariables.RemoteWriteCaFile);

    /// <summary>PEM file of the client certificate; null for none.</summary>
    public string? RemoteWriteCertFile => Get<string?>(ConfigurationVariables.RemoteWriteCertFile);

    /// <summary>PEM file of that certificate's key.</summary>
    public string? RemoteWriteKeyFile => Get<string?>(ConfigurationVariables.RemoteWriteKeyFile);

    /// <summary>Directory that keeps unsent snapshots; null for memory.</summary>
    public string? RemoteWriteBufferDir => Get<string?>(ConfigurationVariables.RemoteWriteBufferDir);

    /// <summary>Maximum size of all unsent snapshots in bytes, at least 1,048,576.</summary>
    public int RemoteWriteBufferBytes => Get<int>(ConfigurationVariables.RemoteWriteBufferBytes);

    /// <summary>Whether a start removes the store files of dead processes, and the exporter compacts those of the application.</summary>
    public bool CleanupDbFiles => Get<bool>(ConfigurationVariables.CleanupDbFiles);

    /// <summary>Maximum number of values of a label in each worker, 1 to 10,000.</summary>
    public int MaxLabelValues => Get<int>(ConfigurationVariables.MaxLabelValues);

    /// <summary>Maximum number of series of a worker before new ones become <c>__other__</c>, 1,000 to 60,000.</summary>
    public int MaxWorkerSeries => Get<int>(ConfigurationVariables.MaxWorkerSeries);

    /// <summary>Maximum number of series that the exporter serves, at least 1.</summary>
    public int MaxSeries => Get<int>(ConfigurationVariables.MaxSeries);

    /// <summary>Whether workers also record the latency of requests in native histograms.</summary>
    public bool NativeHistograms => Get<bool>(ConfigurationVariables.NativeHistograms);

    /// <summary>Schema of native histograms, -4 to 8.</summary>
    public int NativeHistogramSchema => Get<int>(ConfigurationVariables.NativeHistogramSchema);

    /// <summary>Whether <c>POST /-/reload</c> reloads the configuration.</summary>
    public bool WebEnableLifecycle => Get<bool>(ConfigurationVariables.WebEnableLifecycle);

    /// <summary>Whether the configuration has no error.</summary>
    public bool Validate() => Errors.IsEmpty;

    /// <summary>
    /// Prints every setting with its source, one per line. Secrets are masked; an error replaces an invalid value.
    /// </summary>
    public void PrintConfig(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.WriteLine("Gunicorn Prometheus Exporter configuration:");
        foreach (var variable in ConfigurationVariables.All)
        {
            output.WriteLine($"  {variable.Name} = {TextOf(variable)}");
        }
        foreach (var error in Errors) output.WriteLine($"  error: {error.Message}");
    }

    /// <summary>The settings of Gunicorn, by Gunicorn's names.</summary>
    /// <exception cref="ConfigurationException">One of them is invalid.</exception>
    public IReadOnlyDictionary<string, object> GetGunicornConfig() => new Dictionary<string, object>
    {
        ["workers"] = GunicornWorkers,
        ["timeout"] = GunicornTimeout,
        ["keepalive"] = GunicornKeepalive,
    };

    /// <summary>The metrics server's settings.</summary>
    /// <exception cref="ConfigurationException">One of them is invalid.</exception>
    public IReadOnlyDictionary<string, object> GetPrometheusConfig() => new Dictionary<string, object>
    {
        ["metrics_port"] = PrometheusMetricsPort,
        ["bind_address"] = PrometheusBindAddress,
        ["multiproc_dir"] = PrometheusMultiprocDir,
    };

    /// <summary>Every valid setting by the name of its property; secrets are masked, unset settings are null.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Settings()
    {
        foreach (var variable in ConfigurationVariables.All)
        {
            if (_values.TryGetValue(variable, out var value))
            {
                yield return new(variable.Property, value switch
                {
                    string text => VariableParser.Shown(variable, text),
                    not null when variable.Secret => VariableParser.Mask,
                    _ => value,
                });
            }
        }
    }

    private T Get<T>(ConfigurationVariable variable)
    {
        if (_values.TryGetValue(variable, out var value)) return (T)value!;
        // The file's value is invalid, unless the variable itself has an error.
        var name = SourceOf(variable) == SettingSource.File ? ConfigurationVariables.ConfigFile.Name : variable.Name;
        throw new ConfigurationException(Errors.Where(error => error.Variable == name));
    }

    private string TextOf(ConfigurationVariable variable)
    {
        if (!_values.TryGetValue(variable, out var value)) return "(error)";
        if (value is null) return "(not set)";
        var text = value switch
        {
            _ when variable.Secret => VariableParser.Mask,
            bool flag => flag ? "true" : "false",
            string shown => VariableParser.Shown(variable, shown),
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
        return $"{text} ({PlaceOf(variable)})";
    }

    private static string? DefaultOf(ConfigurationVariable variable) =>
        variable.Kind == VariableKind.Directory ? MultiprocessDirectory.Default() : variable.Default;
}

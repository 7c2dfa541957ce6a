using System.Collections.Immutable;
using System.Globalization;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Routes;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>The configuration, with all its errors. Immutable.</summary>
/// <remarks>
/// Flags override the environment, which overrides the file, which overrides the defaults; an empty value counts as unset.
/// A property whose variable is invalid throws <see cref="ConfigurationException"/>. <see cref="ConfigurationVariables"/>
/// describes each property, with unit, range and default. A property is null if its variable is unset without a default.
/// </remarks>
internal sealed partial class ExporterConfig
{
    private readonly Dictionary<ConfigurationVariable, object?> _values = [];

    /// <summary>The configuration from this process's environment, without a file.</summary>
    public ExporterConfig() : this(Environment()) { }

    /// <summary>The configuration from given variables only; unknown names are ignored.</summary>
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
            else errors.Add(ErrorOf(variable, VariableParser.Shown(variable, text), remedy));
        }
        Errors = errors.ToImmutable();
    }

    /// <summary>
    /// All errors: those of the file, then those of the variables in the order of <see cref="ConfigurationVariables.All"/>.
    /// </summary>
    public ImmutableArray<ConfigurationError> Errors { get; }

    /// <summary>The errors that prevent serving metrics; errors in a forwarder's settings do not.</summary>
    public IReadOnlyCollection<ConfigurationError> ServingErrors =>
        [.. Errors.Where(error => !ConfigurationVariables.Forwarding.Any(variable => variable.Name == error.Variable))];

    public string? ConfigFile => Get<string?>(ConfigurationVariables.ConfigFile);

    public int PrometheusMetricsPort => Get<int>(ConfigurationVariables.PrometheusMetricsPort);

    public string PrometheusBindAddress => Get<string>(ConfigurationVariables.PrometheusBindAddress);

    public string? WebConfigFile => Get<string?>(ConfigurationVariables.WebConfigFile);

    public bool? SslEnabled => Get<bool?>(ConfigurationVariables.SslEnabled);

    public string? SslCertFile => Get<string?>(ConfigurationVariables.SslCertFile);

    public string? SslKeyFile => Get<string?>(ConfigurationVariables.SslKeyFile);

    public string? SslClientCaFile => Get<string?>(ConfigurationVariables.SslClientCaFile);

    public string? SslClientCaPath => Get<string?>(ConfigurationVariables.SslClientCaPath);

    public bool SslClientAuthRequired => Get<bool>(ConfigurationVariables.SslClientAuthRequired);

    public string PrometheusMultiprocDir => Get<string>(ConfigurationVariables.PrometheusMultiprocDir);

    public int GunicornWorkers => Get<int>(ConfigurationVariables.GunicornWorkers);

    public int GunicornTimeout => Get<int>(ConfigurationVariables.GunicornTimeout);

    public int GunicornKeepalive => Get<int>(ConfigurationVariables.GunicornKeepalive);

    public bool RedisEnabled => Get<bool>(ConfigurationVariables.RedisEnabled);

    public RedisUrl? RedisUrl => Get<RedisUrl?>(ConfigurationVariables.RedisUrl);

    public string RedisHost => Get<string>(ConfigurationVariables.RedisHost);

    public int RedisPort => Get<int>(ConfigurationVariables.RedisPort);

    public int RedisDb => Get<int>(ConfigurationVariables.RedisDb);

    public string? RedisPassword => Get<string?>(ConfigurationVariables.RedisPassword);

    public string? RedisUsername => Get<string?>(ConfigurationVariables.RedisUsername);

    public bool RedisSsl => Get<bool>(ConfigurationVariables.RedisSsl);

    public string? RedisCaFile => Get<string?>(ConfigurationVariables.RedisCaFile);

    public string? RedisCertFile => Get<string?>(ConfigurationVariables.RedisCertFile);

    public string? RedisKeyFile => Get<string?>(ConfigurationVariables.RedisKeyFile);

    public string? RedisSentinelService => Get<string?>(ConfigurationVariables.RedisSentinelService);

    public string? RedisSentinelUsername => Get<string?>(ConfigurationVariables.RedisSentinelUsername);

    public string? RedisSentinelPassword => Get<string?>(ConfigurationVariables.RedisSentinelPassword);

    public string RedisKeyPrefix => Get<string>(ConfigurationVariables.RedisKeyPrefix);

    public int RedisForwardInterval => Get<int>(ConfigurationVariables.RedisForwardInterval);

    public int? RedisTtlSeconds => Get<int?>(ConfigurationVariables.RedisTtlSeconds);

    public bool RedisTtlDisabled => Get<bool>(ConfigurationVariables.RedisTtlDisabled);

    public string Instance => Get<string?>(ConfigurationVariables.Instance) ?? InstanceName.OfHost();

    public string? RemoteWriteUrl => Get<string?>(ConfigurationVariables.RemoteWriteUrl);

    public int RemoteWriteInterval => Get<int>(ConfigurationVariables.RemoteWriteInterval);

    public bool RemoteWriteClassicHistograms => Get<bool>(ConfigurationVariables.RemoteWriteClassicHistograms);

    public string RemoteWriteProtocol => Get<string>(ConfigurationVariables.RemoteWriteProtocol);

    public string? RemoteWriteExternalLabels => Get<string?>(ConfigurationVariables.RemoteWriteExternalLabels);

    public string? RemoteWriteHeaders => Get<string?>(ConfigurationVariables.RemoteWriteHeaders);

    public string? RemoteWriteUsername => Get<string?>(ConfigurationVariables.RemoteWriteUsername);

    public string? RemoteWritePassword => Get<string?>(ConfigurationVariables.RemoteWritePassword);

    public string? RemoteWritePasswordFile => Get<string?>(ConfigurationVariables.RemoteWritePasswordFile);

    public string? RemoteWriteBearerTokenFile => Get<string?>(ConfigurationVariables.RemoteWriteBearerTokenFile);

    public string? RemoteWriteCaFile => Get<string?>(ConfigurationVariables.RemoteWriteCaFile);

    public string? RemoteWriteCertFile => Get<string?>(ConfigurationVariables.RemoteWriteCertFile);

    public string? RemoteWriteKeyFile => Get<string?>(ConfigurationVariables.RemoteWriteKeyFile);

    public string? RemoteWriteBufferDir => Get<string?>(ConfigurationVariables.RemoteWriteBufferDir);

    public int RemoteWriteBufferBytes => Get<int>(ConfigurationVariables.RemoteWriteBufferBytes);

    public bool OtlpEnabled => Get<bool>(ConfigurationVariables.OtlpEnabled);

    public string OtlpUrl => Get<string>(ConfigurationVariables.OtlpUrl);

    public string OtlpProtocol => Get<string>(ConfigurationVariables.OtlpProtocol);

    public int OtlpInterval => Get<int>(ConfigurationVariables.OtlpInterval);

    public int OtlpTimeout => Get<int>(ConfigurationVariables.OtlpTimeout);

    public string OtlpCompression => Get<string>(ConfigurationVariables.OtlpCompression);

    public string? OtlpHeaders => Get<string?>(ConfigurationVariables.OtlpHeaders);

    public string? OtlpServiceName => Get<string?>(ConfigurationVariables.OtlpServiceName);

    public string? OtlpResourceAttributes => Get<string?>(ConfigurationVariables.OtlpResourceAttributes);

    public string? OtlpCaFile => Get<string?>(ConfigurationVariables.OtlpCaFile);

    public string? OtlpCertFile => Get<string?>(ConfigurationVariables.OtlpCertFile);

    public string? OtlpKeyFile => Get<string?>(ConfigurationVariables.OtlpKeyFile);

    public string? OtlpBufferDir => Get<string?>(ConfigurationVariables.OtlpBufferDir);

    public int OtlpBufferBytes => Get<int>(ConfigurationVariables.OtlpBufferBytes);

    public bool CleanupDbFiles => Get<bool>(ConfigurationVariables.CleanupDbFiles);

    public int MaxLabelValues => Get<int>(ConfigurationVariables.MaxLabelValues);

    public int MaxWorkerSeries => Get<int>(ConfigurationVariables.MaxWorkerSeries);

    public ImmutableArray<string> ExcludedRoutes => TextsOf(ConfigurationVariables.ExcludedRoutes);

    public string ExcludedRequests => Get<string>(ConfigurationVariables.ExcludedRequests);

    public string LatencyStatus => Get<string>(ConfigurationVariables.LatencyStatus);

    public RequestMethods Methods => RequestMethods.TryParse(Get<string>(ConfigurationVariables.Methods))!;

    public ImmutableArray<ExtraLabel> ExtraLabels =>
        Get<string?>(ConfigurationVariables.ExtraLabels) is { } text ? ExtraLabel.TryParse(text)!.Value : [];

    public SlowThresholds SlowRequestSeconds =>
        Get<string?>(ConfigurationVariables.SlowRequestSeconds) is { } text ? SlowThresholds.TryParse(text)! : SlowThresholds.Default;

    public RoutePatterns? Routes => Get<RoutePatterns?>(ConfigurationVariables.Routes);

    public int MaxSeries => Get<int>(ConfigurationVariables.MaxSeries);

    public int MaxDeadGauges => Get<int>(ConfigurationVariables.MaxDeadGauges);

    public bool DisableCreatedSeries => Get<bool>(ConfigurationVariables.DisableCreatedSeries);

    public bool LegacyMetrics => Get<bool>(ConfigurationVariables.LegacyMetrics);

    public bool PerWorker => Get<bool>(ConfigurationVariables.PerWorker);

    public ImmutableArray<string> ExcludedFamilies => TextsOf(ConfigurationVariables.ExcludedFamilies);

    public bool RouteMemory => Get<bool>(ConfigurationVariables.RouteMemory);

    public bool TimeToFirstByte => Get<bool>(ConfigurationVariables.TimeToFirstByte);

    public bool Stacks => Get<bool>(ConfigurationVariables.Stacks);

    public ImmutableArray<double> LatencyBuckets => HistogramBounds.TryParse(Get<string>(ConfigurationVariables.LatencyBuckets))!.Value;

    public ImmutableArray<double> SizeBuckets => HistogramBounds.TryParse(Get<string>(ConfigurationVariables.SizeBuckets))!.Value;

    public bool NativeHistograms => Get<bool>(ConfigurationVariables.NativeHistograms);

    public int NativeHistogramSchema => Get<int>(ConfigurationVariables.NativeHistogramSchema);

    public string? WebListenAddress => Get<string?>(ConfigurationVariables.WebListenAddress);

    public bool WebSystemdSocket => Get<bool>(ConfigurationVariables.WebSystemdSocket);

    public string WebTelemetryPath => Get<string>(ConfigurationVariables.WebTelemetryPath);

    public IReadOnlyList<string> Listener => Get<string?>(ConfigurationVariables.Listener)?.Split(',') ?? [];

    public bool WebEnableLifecycle => Get<bool>(ConfigurationVariables.WebEnableLifecycle);

    public bool WebEnableProfiling => Get<bool>(ConfigurationVariables.WebEnableProfiling);

    public string LogLevel => Get<string>(ConfigurationVariables.LogLevel);

    public string LogFormat => Get<string>(ConfigurationVariables.LogFormat);

    public bool Validate() => Errors.IsEmpty;

    /// <summary>
    /// Prints every setting with its source, one per line. Secrets are masked; an error replaces an invalid value.
    /// </summary>
    public void PrintConfig(TextWriter output)
    {
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
                    RoutePatterns patterns => patterns.ToString(),
                    _ => value,
                });
            }
        }
    }

    private T Get<T>(ConfigurationVariable variable)
    {
        if (_values.TryGetValue(variable, out var value)) return (T)value!;
        // An invalid value of the file is an error of the file's variable.
        var name = SourceOf(variable) == SettingSource.File ? ConfigurationVariables.ConfigFile.Name : variable.Name;
        throw new ConfigurationException(Errors.Where(error => error.Variable == name));
    }

    private ImmutableArray<string> TextsOf(ConfigurationVariable variable) =>
        [.. (Get<string?>(variable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

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

    private ConfigurationError ErrorOf(ConfigurationVariable variable, string shown, string remedy)
    {
        var error = new ConfigurationError(variable.Name, shown, remedy);
        return _sources[variable] == SettingSource.Environment && Inherited(variable) is null && StandardOf(variable) is (var standard, _)
            ? error with { Message = $"{standard} is \"{shown}\", which the exporter does not support; set {variable.Name} to {remedy}" }
            : error;
    }

    private static string? DefaultOf(ConfigurationVariable variable) =>
        variable.Kind == VariableKind.Directory ? MultiprocessDirectory.Default() : variable.Default;
}

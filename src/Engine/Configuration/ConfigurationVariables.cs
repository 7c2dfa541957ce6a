using System.Collections.Immutable;
using GunicornPrometheusExporter.Store;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>Every variable of the product: the one place that states names, types, defaults and ranges.</summary>
internal static class ConfigurationVariables
{
    private const int LargestPort = 65535;

    /// <summary>The file of all others.</summary>
    public static ConfigurationVariable ConfigFile { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_CONFIG_FILE",
        Flag = "--config.file",
        Kind = VariableKind.Path,
        Description = "YAML file with settings",
        Example = "/etc/gunicorn-exporter.yml",
        Renewal = Renewal.Restart,
    };

    /// <summary>The port of the metrics server.</summary>
    public static ConfigurationVariable PrometheusMetricsPort { get; } = new()
    {
        Name = "PROMETHEUS_METRICS_PORT",
        Key = "prometheus.metrics_port",
        Kind = VariableKind.Number,
        Default = "9091",
        Minimum = 1,
        Maximum = LargestPort,
        Description = "Port of the metrics server",
        Renewal = Renewal.Restart,
    };

    /// <summary>The address of the metrics server.</summary>
    public static ConfigurationVariable PrometheusBindAddress { get; } = new()
    {
        Name = "PROMETHEUS_BIND_ADDRESS",
        Key = "prometheus.bind_address",
        Kind = VariableKind.Address,
        Default = "0.0.0.0",
        Description = "Address that the metrics server listens on",
        Renewal = Renewal.Restart,
    };

    /// <summary>Who may read what the metrics server serves.</summary>
    public static ConfigurationVariable WebConfigFile { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_CONFIG_FILE",
        Key = "web.config_file",
        Flag = "--web.config.file",
        Kind = VariableKind.Path,
        Description = "File with TLS, client certificates, users and headers of the metrics server, as Prometheus' exporters read it; " +
            "unset to serve whoever can reach it",
        Example = "/etc/gunicorn-exporter-web.yml",
        Renewal = Renewal.Restart,
    };

    /// <summary>The store.</summary>
    public static ConfigurationVariable PrometheusMultiprocDir { get; } = new()
    {
        Name = MultiprocessDirectory.Variable,
        Key = "prometheus.multiproc_dir",
        Flag = "--multiproc-dir",
        Kind = VariableKind.Directory,
        Description = "Directory of the store, which the application's prometheus_client shares; " +
            "by default a private one under the user's runtime or temporary directory",
        Example = "/run/gunicorn/metrics",
        Renewal = Renewal.Restart,
    };

    /// <summary>How many workers.</summary>
    public static ConfigurationVariable GunicornWorkers { get; } = new()
    {
        Name = "GUNICORN_WORKERS",
        Key = "gunicorn.workers",
        Kind = VariableKind.Number,
        Default = "1",
        Minimum = 1,
        Description = "Number of Gunicorn workers",
        Renewal = Renewal.Restart,
    };

    /// <summary>When a silent worker is ended.</summary>
    public static ConfigurationVariable GunicornTimeout { get; } = new()
    {
        Name = "GUNICORN_TIMEOUT",
        Key = "gunicorn.timeout",
        Kind = VariableKind.Number,
        Default = "30",
        Description = "Seconds after which Gunicorn ends a silent worker; 0 for never",
        Renewal = Renewal.Restart,
    };

    /// <summary>How long an idle connection is kept.</summary>
    public static ConfigurationVariable GunicornKeepalive { get; } = new()
    {
        Name = "GUNICORN_KEEPALIVE",
        Key = "gunicorn.keepalive",
        Kind = VariableKind.Number,
        Default = "2",
        Description = "Seconds that Gunicorn keeps an idle connection",
        Renewal = Renewal.Restart,
    };

    /// <summary>Whether Redis is a destination.</summary>
    public static ConfigurationVariable RedisEnabled { get; } = new()
    {
        Name = "REDIS_ENABLED",
        Key = "redis.enabled",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether metrics are forwarded to Redis",
    };

    /// <summary>The whole way to Redis in one text.</summary>
    public static ConfigurationVariable RedisUrl { get; } = new()
    {
        Name = "REDIS_URL",
        Key = "redis.url",
        Kind = VariableKind.RedisUrl,
        Secret = true,
        Description = "URL of Redis: redis://, or rediss:// for TLS, then user:password@, host:port once or more with commas " +
            "between, and /database; what it states wins over the variables for one part each",
        Example = "rediss://user:password@redis.example:6379/0",
    };

    /// <summary>The Redis server.</summary>
    public static ConfigurationVariable RedisHost { get; } = new()
    {
        Name = "REDIS_HOST",
        Key = "redis.host",
        Kind = VariableKind.Text,
        Default = "localhost",
        Description = "Host name of the Redis server",
    };

    /// <summary>The Redis server's port.</summary>
    public static ConfigurationVariable RedisPort { get; } = new()
    {
        Name = "REDIS_PORT",
        Key = "redis.port",
        Kind = VariableKind.Number,
        Default = "6379",
        Minimum = 1,
        Maximum = LargestPort,
        Description = "Port of the Redis server",
    };

    /// <summary>The Redis database.</summary>
    public static ConfigurationVariable RedisDb { get; } = new()
    {
        Name = "REDIS_DB",
        Key = "redis.db",
        Kind = VariableKind.Number,
        Default = "0",
        Description = "Number of the Redis database; Redis Cluster has 0 only",
    };

    /// <summary>The Redis password.</summary>
    public static ConfigurationVariable RedisPassword { get; } = new()
    {
        Name = "REDIS_PASSWORD",
        Key = "redis.password",
        Kind = VariableKind.Text,
        Secret = true,
        Description = "Password of the Redis server",
        Example = "secret",
    };

    /// <summary>The Redis user.</summary>
    public static ConfigurationVariable RedisUsername { get; } = new()
    {
        Name = "REDIS_USERNAME",
        Key = "redis.username",
        Kind = VariableKind.Text,
        Description = "User of the Redis server's access control list; by default the server's default user",
        Example = "exporter",
    };

    /// <summary>Whether Redis is spoken to by TLS.</summary>
    public static ConfigurationVariable RedisSsl { get; } = new()
    {
        Name = "REDIS_SSL",
        Key = "redis.ssl",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether Redis is spoken to by TLS",
    };

    /// <summary>Who vouches for the Redis server.</summary>
    public static ConfigurationVariable RedisCaFile { get; } = new()
    {
        Name = "REDIS_CA_FILE",
        Key = "redis.ca_file",
        Kind = VariableKind.Path,
        Description = "File with the certificates, in PEM, of which one must have signed the Redis server's; " +
            "by default those that the system trusts",
        Example = "/etc/ssl/redis-ca.pem",
    };

    /// <summary>The master's name at the sentinels.</summary>
    public static ConfigurationVariable RedisSentinelService { get; } = new()
    {
        Name = "REDIS_SENTINEL_SERVICE",
        Key = "redis.sentinel_service",
        Kind = VariableKind.Text,
        Description = "Name by which Sentinel knows the Redis master; if set, the hosts are those of the sentinels",
        Example = "mymaster",
    };

    /// <summary>What every Redis key starts with.</summary>
    public static ConfigurationVariable RedisKeyPrefix { get; } = new()
    {
        Name = "REDIS_KEY_PREFIX",
        Key = "redis.key_prefix",
        Kind = VariableKind.KeyPrefix,
        Default = "gunicorn:metrics:",
        Description = "What every Redis key starts with",
    };

    /// <summary>How often metrics are forwarded.</summary>
    public static ConfigurationVariable RedisForwardInterval { get; } = new()
    {
        Name = "REDIS_FORWARD_INTERVAL",
        Key = "redis.forward_interval",
        Kind = VariableKind.Number,
        Default = "30",
        Minimum = 1,
        Description = "Seconds between two forwardings to Redis",
    };

    /// <summary>What this host is called among others.</summary>
    public static ConfigurationVariable Instance { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_INSTANCE",
        Key = "labels.instance",
        Kind = VariableKind.Name,
        Description = "Name of this store among those that are forwarded to one place; by default the name of the host",
        Example = "web-1",
    };

    /// <summary>Where remote write goes.</summary>
    public static ConfigurationVariable RemoteWriteUrl { get; } = new()
    {
        Name = "REMOTE_WRITE_URL",
        Key = "remote_write.url",
        Kind = VariableKind.Url,
        Description = "Where metrics are written to by Prometheus remote write; unset for nowhere",
        Example = "https://prometheus.example/api/v1/write",
    };

    /// <summary>How often metrics are remote-written.</summary>
    public static ConfigurationVariable RemoteWriteInterval { get; } = new()
    {
        Name = "REMOTE_WRITE_INTERVAL",
        Key = "remote_write.interval",
        Kind = VariableKind.Number,
        Default = "15",
        Minimum = 1,
        Description = "Seconds between two remote writes",
    };

    /// <summary>The version of remote write.</summary>
    public static ConfigurationVariable RemoteWriteProtocol { get; } = new()
    {
        Name = "REMOTE_WRITE_PROTOCOL",
        Key = "remote_write.protocol",
        Kind = VariableKind.Choice,
        Default = "auto",
        Choices = ["auto", "1.0", "2.0"],
        Description = "Version of remote write: 1.0, 2.0, or auto for 2.0 where the receiver knows it",
    };

    /// <summary>The labels of all that is remote-written.</summary>
    public static ConfigurationVariable RemoteWriteExternalLabels { get; } = new()
    {
        Name = "REMOTE_WRITE_EXTERNAL_LABELS",
        Key = "remote_write.external_labels",
        Kind = VariableKind.Labels,
        Description = "Labels of every remote-written series, name=value with commas between them; job is " +
            "gunicorn and instance GUNICORN_EXPORTER_INSTANCE unless stated here",
        Example = "env=prod,region=eu",
    };

    /// <summary>Further headers of remote write.</summary>
    public static ConfigurationVariable RemoteWriteHeaders { get; } = new()
    {
        Name = "REMOTE_WRITE_HEADERS",
        Key = "remote_write.headers",
        Kind = VariableKind.Headers,
        Secret = true,
        Description = "Headers of every remote write, name=value with commas between them",
        Example = "X-Scope-OrgID=shop",
    };

    /// <summary>The user of remote write.</summary>
    public static ConfigurationVariable RemoteWriteUsername { get; } = new()
    {
        Name = "REMOTE_WRITE_USERNAME",
        Key = "remote_write.username",
        Kind = VariableKind.Text,
        Description = "User of remote write's basic authentication",
        Example = "exporter",
    };

    /// <summary>The password of remote write.</summary>
    public static ConfigurationVariable RemoteWritePassword { get; } = new()
    {
        Name = "REMOTE_WRITE_PASSWORD",
        Key = "remote_write.password",
        Kind = VariableKind.Text,
        Secret = true,
        Description = "Password of remote write's basic authentication",
        Example = "secret",
    };

    /// <summary>Where the password of remote write lies.</summary>
    public static ConfigurationVariable RemoteWritePasswordFile { get; } = new()
    {
        Name = "REMOTE_WRITE_PASSWORD_FILE",
        Key = "remote_write.password_file",
        Kind = VariableKind.Path,
        Description = "File with that password instead, read before every remote write",
        Example = "/run/secrets/remote-write-password",
    };

    /// <summary>Where the token of remote write lies.</summary>
    public static ConfigurationVariable RemoteWriteBearerTokenFile { get; } = new()
    {
        Name = "REMOTE_WRITE_BEARER_TOKEN_FILE",
        Key = "remote_write.bearer_token_file",
        Kind = VariableKind.Path,
        Description = "File with a bearer token, read before every remote write",
        Example = "/run/secrets/remote-write-token",
    };

    /// <summary>Whom remote write trusts.</summary>
    public static ConfigurationVariable RemoteWriteCaFile { get; } = new()
    {
        Name = "REMOTE_WRITE_CA_FILE",
        Key = "remote_write.ca_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the authorities that remote write trusts; the machine's unless set",
        Example = "/etc/ssl/remote-write-ca.pem",
    };

    /// <summary>What remote write shows itself with.</summary>
    public static ConfigurationVariable RemoteWriteCertFile { get; } = new()
    {
        Name = "REMOTE_WRITE_CERT_FILE",
        Key = "remote_write.cert_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the certificate that remote write presents",
        Example = "/etc/ssl/exporter.pem",
    };

    /// <summary>The key of that certificate.</summary>
    public static ConfigurationVariable RemoteWriteKeyFile { get; } = new()
    {
        Name = "REMOTE_WRITE_KEY_FILE",
        Key = "remote_write.key_file",
        Kind = VariableKind.Path,
        Description = "PEM file of that certificate's key",
        Example = "/etc/ssl/exporter.key",
    };

    /// <summary>Where remote write keeps what waits.</summary>
    public static ConfigurationVariable RemoteWriteBufferDir { get; } = new()
    {
        Name = "REMOTE_WRITE_BUFFER_DIR",
        Key = "remote_write.buffer_dir",
        Kind = VariableKind.Path,
        Description = "Directory that keeps what waits to be remote-written over restarts; unset to keep it in " +
            "memory",
        Example = "/var/lib/gunicorn-exporter",
    };

    /// <summary>How much may wait to be remote-written.</summary>
    public static ConfigurationVariable RemoteWriteBufferBytes { get; } = new()
    {
        Name = "REMOTE_WRITE_BUFFER_BYTES",
        Key = "remote_write.buffer_bytes",
        Kind = VariableKind.Number,
        Default = "67108864",
        Minimum = 1_048_576,
        Description = "Most bytes that wait to be remote-written, the oldest dropped beyond them",
    };

    /// <summary>Whether files of dead processes are removed, by a start or by folding.</summary>
    public static ConfigurationVariable CleanupDbFiles { get; } = new()
    {
        Name = "CLEANUP_DB_FILES",
        Key = "cleanup.db_files",
        Kind = VariableKind.Boolean,
        Default = "true",
        Description = "Whether a start removes the store files of dead processes, and the exporter folds those of the application's",
    };

    /// <summary>How many values a label takes.</summary>
    public static ConfigurationVariable MaxLabelValues { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_LABEL_VALUES",
        Key = "labels.max_values",
        Kind = VariableKind.Number,
        Default = "200",
        Minimum = 1,
        Maximum = 10_000,
        Description = "Most values that a label takes in each worker; what comes later is recorded as __other__",
        Renewal = Renewal.GunicornReload,
    };

    /// <summary>How many series a worker records.</summary>
    public static ConfigurationVariable MaxWorkerSeries { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_WORKER_SERIES",
        Key = "labels.max_worker_series",
        Kind = VariableKind.Number,
        Default = "15000",
        Minimum = 1_000,
        Maximum = 60_000,
        Description = "Most series that each worker records, 18 for the latency of one route and method; " +
            "what comes later is recorded as __other__",
        Renewal = Renewal.GunicornReload,
    };

    /// <summary>How many series are served.</summary>
    public static ConfigurationVariable MaxSeries { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_SERIES",
        Key = "prometheus.max_series",
        Kind = VariableKind.Number,
        Default = "1000000",
        Minimum = 1,
        Description = "Most series that the exporter serves; whole label sets that come later are left out and counted",
    };

    /// <summary>Whether native histograms are recorded.</summary>
    public static ConfigurationVariable NativeHistograms { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_NATIVE_HISTOGRAMS",
        Key = "buckets.native",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether workers record the latency of requests in native histograms too",
        Renewal = Renewal.GunicornReload,
    };

    /// <summary>How fine native histograms are.</summary>
    public static ConfigurationVariable NativeHistogramSchema { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_NATIVE_HISTOGRAM_SCHEMA",
        Key = "buckets.native_schema",
        Kind = VariableKind.Number,
        Default = "3",
        Minimum = -4,
        Maximum = 8,
        Description = "Schema of native histograms: a power of two has 2^schema buckets, 8 with schema 3",
        Renewal = Renewal.GunicornReload,
    };

    /// <summary>Whether a request over HTTP may re-read the file.</summary>
    public static ConfigurationVariable WebEnableLifecycle { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_ENABLE_LIFECYCLE",
        Key = "web.enable_lifecycle",
        Flag = "--web.enable-lifecycle",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether POST /-/reload re-reads the file",
    };

    /// <summary>Those that only forwarding uses.</summary>
    public static ImmutableArray<ConfigurationVariable> Forwarding { get; } =
    [
        RedisEnabled, RedisUrl, RedisHost, RedisPort, RedisDb, RedisUsername, RedisPassword, RedisSsl, RedisCaFile,
        RedisSentinelService, RedisKeyPrefix, RedisForwardInterval, Instance,
        RemoteWriteUrl, RemoteWriteInterval, RemoteWriteProtocol, RemoteWriteExternalLabels, RemoteWriteHeaders,
        RemoteWriteUsername, RemoteWritePassword, RemoteWritePasswordFile, RemoteWriteBearerTokenFile,
        RemoteWriteCaFile, RemoteWriteCertFile, RemoteWriteKeyFile, RemoteWriteBufferDir, RemoteWriteBufferBytes,
    ];

    /// <summary>Those that a process which records reads, from its environment only.</summary>
    public static ImmutableArray<ConfigurationVariable> Recording { get; } =
        [MaxLabelValues, MaxWorkerSeries, NativeHistograms, NativeHistogramSchema];

    /// <summary>Every variable, in the order in which they are documented and printed.</summary>
    public static ImmutableArray<ConfigurationVariable> All { get; } =
    [
        ConfigFile, PrometheusMetricsPort, PrometheusBindAddress, PrometheusMultiprocDir, MaxSeries,
        GunicornWorkers, GunicornTimeout, GunicornKeepalive,
        .. Forwarding,
        .. Recording,
        CleanupDbFiles, WebConfigFile, WebEnableLifecycle,
    ];

    /// <summary>What the file can state, by section.</summary>
    public static ImmutableArray<IGrouping<string, ConfigurationVariable>> Sections { get; } =
        [.. All.Where(variable => variable.Key is not null).GroupBy(variable => variable.Key!.Split('.')[0])];
}

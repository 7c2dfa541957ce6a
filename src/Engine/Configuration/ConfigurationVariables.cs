using System.Collections.Immutable;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Metrics;

namespace GunicornPrometheusExporter.Configuration;

/// <summary>Every variable of the product: the only place with their names, types, defaults and ranges.</summary>
internal static class ConfigurationVariables
{
    /// <summary>The value of <see cref="ExcludedRequests"/> with which one family counts them.</summary>
    public const string CountedRequests = "count";

    /// <summary>The values of <see cref="LatencyStatus"/> with which the latency has the class or the code of the status.</summary>
    public const string StatusAsClass = "class";

    /// <inheritdoc cref="StatusAsClass"/>
    public const string StatusAsCode = "code";

    private const int LargestPort = 65535;

    public static ConfigurationVariable ConfigFile { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_CONFIG_FILE",
        Flag = "--config.file",
        Kind = VariableKind.Path,
        Description = "YAML file with settings",
        Example = "/etc/gunicorn-exporter.yml",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable PrometheusMetricsPort { get; } = new()
    {
        Name = "PROMETHEUS_METRICS_PORT",
        Key = "prometheus.metrics_port",
        Kind = VariableKind.Number,
        Default = "9091",
        Minimum = 1,
        Maximum = LargestPort,
        Description = "Port of the metrics server",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable PrometheusBindAddress { get; } = new()
    {
        Name = "PROMETHEUS_BIND_ADDRESS",
        Key = "prometheus.bind_address",
        Kind = VariableKind.Address,
        Default = "::",
        Description = "Address that the metrics server listens on; :: is every address, IPv4 and IPv6, " +
            "or every IPv4 address if the kernel has no IPv6",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable WebConfigFile { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_CONFIG_FILE",
        Key = "web.config_file",
        Flag = "--web.config.file",
        Kind = VariableKind.Path,
        Description = "File with TLS, client certificates, users and headers of the metrics server, " +
            "in the format of Prometheus' exporters; if unset, the exporter serves every client that reaches its port",
        Example = "/etc/gunicorn-exporter-web.yml",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable SslEnabled { get; } = new()
    {
        Name = "PROMETHEUS_SSL_ENABLED",
        Key = "prometheus.ssl.enabled",
        Kind = VariableKind.Boolean,
        Description = "Whether the metrics server speaks TLS with the certificate below; by default if one is set",
        Example = "true",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable SslCertFile { get; } = new()
    {
        Name = "PROMETHEUS_SSL_CERTFILE",
        Key = "prometheus.ssl.certfile",
        Kind = VariableKind.Path,
        Description = "PEM file of the metrics server's certificate; for more than TLS, use the web configuration file",
        Example = "/etc/ssl/metrics.pem",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable SslKeyFile { get; } = new()
    {
        Name = "PROMETHEUS_SSL_KEYFILE",
        Key = "prometheus.ssl.keyfile",
        Kind = VariableKind.Path,
        Description = "PEM file of that certificate's key",
        Example = "/etc/ssl/metrics.key",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable SslClientCaFile { get; } = new()
    {
        Name = "PROMETHEUS_SSL_CLIENT_CAFILE",
        Key = "prometheus.ssl.client_cafile",
        Kind = VariableKind.Path,
        Description = "PEM file of the authorities that may sign the certificates of clients",
        Example = "/etc/ssl/clients-ca.pem",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable SslClientCaPath { get; } = new()
    {
        Name = "PROMETHEUS_SSL_CLIENT_CAPATH",
        Key = "prometheus.ssl.client_capath",
        Kind = VariableKind.Path,
        Description = "Directory with such files, one authority each",
        Example = "/etc/ssl/clients",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable SslClientAuthRequired { get; } = new()
    {
        Name = "PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED",
        Key = "prometheus.ssl.client_auth_required",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether clients must present a certificate that one of these authorities signed; " +
            "otherwise a client may, and a wrong one is rejected",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable PrometheusMultiprocDir { get; } = new()
    {
        Name = MultiprocessDirectory.Variable,
        Aliases = ["prometheus_multiproc_dir"],
        Key = "prometheus.multiproc_dir",
        Flag = "--multiproc-dir",
        Kind = VariableKind.Directory,
        Description = "Directory of the store, which the application's prometheus_client shares; " +
            "by default a private directory in the user's runtime or temporary directory",
        Example = "/run/gunicorn/metrics",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable GunicornWorkers { get; } = new()
    {
        Name = "GUNICORN_WORKERS",
        IsShared = true,
        Key = "gunicorn.workers",
        HasFlag = false,
        Kind = VariableKind.Number,
        Default = "1",
        Minimum = 1,
        Description = "Number of Gunicorn workers",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable GunicornTimeout { get; } = new()
    {
        Name = "GUNICORN_TIMEOUT",
        IsShared = true,
        Key = "gunicorn.timeout",
        HasFlag = false,
        Kind = VariableKind.Number,
        Default = "30",
        Description = "Seconds after which Gunicorn kills a silent worker; 0 disables this",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable GunicornKeepalive { get; } = new()
    {
        Name = "GUNICORN_KEEPALIVE",
        IsShared = true,
        Key = "gunicorn.keepalive",
        HasFlag = false,
        Kind = VariableKind.Number,
        Default = "2",
        Description = "Seconds that Gunicorn keeps an idle connection open",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable RedisEnabled { get; } = new()
    {
        Name = "REDIS_ENABLED",
        Key = "redis.enabled",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the exporter forwards metrics to Redis",
    };

    public static ConfigurationVariable RedisUrl { get; } = new()
    {
        Name = "REDIS_URL",
        Aliases = ["PROMETHEUS_REDIS_URL"],
        Key = "redis.url",
        Kind = VariableKind.RedisUrl,
        Secret = true,
        Description = "Redis address: redis://, or rediss:// for TLS, then user:password@, one or more host:port with commas " +
            "between them, and /database; or unix://user:password@/socket?db=0; its parts override the other variables. Of redis-py's " +
            "query, db, username, password, ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs, ssl_certfile and ssl_keyfile have an " +
            "effect, and sentinel_username and sentinel_password. Celery's sentinel:// and lists of URLs are understood too",
        Example = "rediss://user:password@redis.example:6379/0",
    };

    public static ConfigurationVariable RedisHost { get; } = new()
    {
        Name = "REDIS_HOST",
        Key = "redis.host",
        Kind = VariableKind.Text,
        Default = "localhost",
        Description = "Host name of the Redis server",
    };

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

    public static ConfigurationVariable RedisDb { get; } = new()
    {
        Name = "REDIS_DB",
        Key = "redis.db",
        Kind = VariableKind.Number,
        Default = "0",
        Description = "Number of the Redis database; Redis Cluster has only database 0",
    };

    public static ConfigurationVariable RedisPassword { get; } = new()
    {
        Name = "REDIS_PASSWORD",
        Key = "redis.password",
        Kind = VariableKind.Text,
        Secret = true,
        Description = "Password of the Redis server",
        Example = "secret",
    };

    public static ConfigurationVariable RedisUsername { get; } = new()
    {
        Name = "REDIS_USERNAME",
        Key = "redis.username",
        Kind = VariableKind.Text,
        Description = "User in the Redis server's access control list; by default the server's default user",
        Example = "exporter",
    };

    public static ConfigurationVariable RedisSsl { get; } = new()
    {
        Name = "REDIS_SSL",
        Key = "redis.ssl",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the exporter connects to Redis by TLS",
    };

    public static ConfigurationVariable RedisCaFile { get; } = new()
    {
        Name = "REDIS_CA_FILE",
        Key = "redis.ca_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the authorities that may sign the Redis server's certificate; " +
            "by default those that the system trusts",
        Example = "/etc/ssl/redis-ca.pem",
    };

    public static ConfigurationVariable RedisCertFile { get; } = new()
    {
        Name = "REDIS_CERT_FILE",
        Key = "redis.cert_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the certificate that the exporter presents to the Redis server",
        Example = "/etc/ssl/exporter.pem",
    };

    public static ConfigurationVariable RedisKeyFile { get; } = new()
    {
        Name = "REDIS_KEY_FILE",
        Key = "redis.key_file",
        Kind = VariableKind.Path,
        Description = "PEM file of that certificate's key, not encrypted; by default the file of the certificate",
        Example = "/etc/ssl/exporter.key",
    };

    public static ConfigurationVariable RedisSentinelService { get; } = new()
    {
        Name = "REDIS_SENTINEL_SERVICE",
        Key = "redis.sentinel_service",
        Kind = VariableKind.Text,
        Description = "Name of the Redis master at the sentinels; if set, the hosts are those of the sentinels",
        Example = "mymaster",
    };

    public static ConfigurationVariable RedisSentinelUsername { get; } = new()
    {
        Name = "REDIS_SENTINEL_USERNAME",
        Key = "redis.sentinel_username",
        Kind = VariableKind.Text,
        Description = "User in the access control list of the sentinels, with REDIS_SENTINEL_PASSWORD; by default their default user",
        Example = "exporter",
    };

    public static ConfigurationVariable RedisSentinelPassword { get; } = new()
    {
        Name = "REDIS_SENTINEL_PASSWORD",
        Key = "redis.sentinel_password",
        Kind = VariableKind.Text,
        Secret = true,
        Description = "Password of the sentinels; by default they get the user and password of the Redis server",
        Example = "secret",
    };

    public static ConfigurationVariable RedisKeyPrefix { get; } = new()
    {
        Name = "REDIS_KEY_PREFIX",
        Key = "redis.key_prefix",
        Kind = VariableKind.KeyPrefix,
        Default = "gunicorn:metrics:",
        Description = "Prefix of every Redis key",
    };

    public static ConfigurationVariable RedisForwardInterval { get; } = new()
    {
        Name = "REDIS_FORWARD_INTERVAL",
        Aliases = ["SIDECAR_UPDATE_INTERVAL"],
        Key = "redis.forward_interval",
        Kind = VariableKind.Number,
        Default = "30",
        Minimum = 1,
        Description = "Seconds between two snapshots sent to Redis",
    };

    public static ConfigurationVariable RedisTtlSeconds { get; } = new()
    {
        Name = "REDIS_TTL_SECONDS",
        Key = "redis.ttl_seconds",
        Kind = VariableKind.Number,
        Minimum = 1,
        Description = "Seconds after which Redis drops the snapshot of an exporter that stopped, at least two intervals; " +
            "by default three intervals",
        Example = "300",
    };

    public static ConfigurationVariable RedisTtlDisabled { get; } = new()
    {
        Name = "REDIS_TTL_DISABLED",
        Key = "redis.ttl_disabled",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether Redis keeps the snapshot of an exporter that stopped for ten years; a hub then serves its last values",
    };

    public static ConfigurationVariable Instance { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_INSTANCE",
        Key = "labels.instance",
        Kind = VariableKind.Name,
        Description = "Name of this store among all that forward to the same destination; by default the host name",
        Example = "web-1",
    };

    public static ConfigurationVariable RemoteWriteUrl { get; } = new()
    {
        Name = "REMOTE_WRITE_URL",
        Key = "remote_write.url",
        Kind = VariableKind.Url,
        Description = "URL of the receiver of Prometheus remote write; if unset, the exporter sends nothing",
        Example = "https://prometheus.example/api/v1/write",
    };

    public static ConfigurationVariable RemoteWriteInterval { get; } = new()
    {
        Name = "REMOTE_WRITE_INTERVAL",
        Key = "remote_write.interval",
        Kind = VariableKind.Number,
        Default = "15",
        Minimum = 1,
        Description = "Seconds between two remote writes",
    };

    public static ConfigurationVariable RemoteWriteProtocol { get; } = new()
    {
        Name = "REMOTE_WRITE_PROTOCOL",
        Key = "remote_write.protocol",
        Kind = VariableKind.Choice,
        Default = "auto",
        Choices = ["auto", "1.0", "2.0"],
        Description = "Version of remote write: 1.0, 2.0, or auto for 2.0 unless the receiver does not support it",
    };

    public static ConfigurationVariable RemoteWriteClassicHistograms { get; } = new()
    {
        Name = "REMOTE_WRITE_CLASSIC_HISTOGRAMS",
        Key = "remote_write.classic_histograms",
        Kind = VariableKind.Boolean,
        Default = "true",
        Description = "Whether version 2.0 also has the classic buckets, sum and count of a histogram that has a native one",
    };

    public static ConfigurationVariable RemoteWriteExternalLabels { get; } = new()
    {
        Name = "REMOTE_WRITE_EXTERNAL_LABELS",
        Key = "remote_write.external_labels",
        Kind = VariableKind.Labels,
        Description = "Labels added to every remote-written series, name=value with commas between them; by default job is " +
            "gunicorn and instance is GUNICORN_EXPORTER_INSTANCE",
        Example = "env=prod,region=eu",
    };

    public static ConfigurationVariable RemoteWriteHeaders { get; } = new()
    {
        Name = "REMOTE_WRITE_HEADERS",
        Key = "remote_write.headers",
        Kind = VariableKind.Headers,
        Secret = true,
        Description = "Headers added to every remote-write request, name=value with commas between them",
        Example = "X-Scope-OrgID=shop",
    };

    public static ConfigurationVariable RemoteWriteUsername { get; } = new()
    {
        Name = "REMOTE_WRITE_USERNAME",
        Key = "remote_write.username",
        Kind = VariableKind.Text,
        Description = "User name for the basic authentication of remote write",
        Example = "exporter",
    };

    public static ConfigurationVariable RemoteWritePassword { get; } = new()
    {
        Name = "REMOTE_WRITE_PASSWORD",
        Key = "remote_write.password",
        Kind = VariableKind.Text,
        Secret = true,
        Description = "Password for the basic authentication of remote write",
        Example = "secret",
    };

    public static ConfigurationVariable RemoteWritePasswordFile { get; } = new()
    {
        Name = "REMOTE_WRITE_PASSWORD_FILE",
        Key = "remote_write.password_file",
        Kind = VariableKind.Path,
        Description = "File with that password, read before every remote write",
        Example = "/run/secrets/remote-write-password",
    };

    public static ConfigurationVariable RemoteWriteBearerTokenFile { get; } = new()
    {
        Name = "REMOTE_WRITE_BEARER_TOKEN_FILE",
        Key = "remote_write.bearer_token_file",
        Kind = VariableKind.Path,
        Description = "File with a bearer token, read before every remote write",
        Example = "/run/secrets/remote-write-token",
    };

    public static ConfigurationVariable RemoteWriteCaFile { get; } = new()
    {
        Name = "REMOTE_WRITE_CA_FILE",
        Key = "remote_write.ca_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the authorities that remote write trusts; by default those that the system trusts",
        Example = "/etc/ssl/remote-write-ca.pem",
    };

    public static ConfigurationVariable RemoteWriteCertFile { get; } = new()
    {
        Name = "REMOTE_WRITE_CERT_FILE",
        Key = "remote_write.cert_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the certificate that remote write presents",
        Example = "/etc/ssl/exporter.pem",
    };

    public static ConfigurationVariable RemoteWriteKeyFile { get; } = new()
    {
        Name = "REMOTE_WRITE_KEY_FILE",
        Key = "remote_write.key_file",
        Kind = VariableKind.Path,
        Description = "PEM file of that certificate's key",
        Example = "/etc/ssl/exporter.key",
    };

    public static ConfigurationVariable RemoteWriteBufferDir { get; } = new()
    {
        Name = "REMOTE_WRITE_BUFFER_DIR",
        Key = "remote_write.buffer_dir",
        Kind = VariableKind.Path,
        Description = "Directory that keeps unsent snapshots over restarts; if unset, the exporter keeps them in memory",
        Example = "/var/lib/gunicorn-exporter",
    };

    public static ConfigurationVariable RemoteWriteBufferBytes { get; } = new()
    {
        Name = "REMOTE_WRITE_BUFFER_BYTES",
        Key = "remote_write.buffer_bytes",
        Kind = VariableKind.Number,
        Default = "67108864",
        Minimum = 1_048_576,
        Description = "Maximum size of all unsent snapshots in bytes; beyond it the exporter drops the oldest",
    };

    public static ConfigurationVariable OtlpEnabled { get; } = new()
    {
        Name = "OTLP_ENABLED",
        Key = "otlp.enabled",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the exporter exports metrics by OTLP; the OTEL_* variables below have an effect only then",
    };

    public static ConfigurationVariable OtlpUrl { get; } = new()
    {
        Name = "OTLP_URL",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", ""), ("OTEL_EXPORTER_OTLP_ENDPOINT", "/v1/metrics")],
        Key = "otlp.url",
        Kind = VariableKind.Url,
        Default = "http://localhost:4318/v1/metrics",
        Description = "URL of the OTLP receiver of metrics; by default OTEL_EXPORTER_OTLP_METRICS_ENDPOINT, " +
            "or OTEL_EXPORTER_OTLP_ENDPOINT with /v1/metrics",
    };

    public static ConfigurationVariable OtlpProtocol { get; } = new()
    {
        Name = "OTLP_PROTOCOL",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", ""), ("OTEL_EXPORTER_OTLP_PROTOCOL", "")],
        Key = "otlp.protocol",
        Kind = VariableKind.Choice,
        Default = "http/protobuf",
        Choices = ["http/protobuf"],
        Description = "Protocol of the export; by default OTEL_EXPORTER_OTLP_PROTOCOL, which may be set to another one for the application",
    };

    public static ConfigurationVariable OtlpInterval { get; } = new()
    {
        Name = "OTLP_INTERVAL",
        Key = "otlp.interval",
        Kind = VariableKind.Number,
        Default = "15",
        Minimum = 1,
        Description = "Seconds between two exports",
    };

    public static ConfigurationVariable OtlpTimeout { get; } = new()
    {
        Name = "OTLP_TIMEOUT",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", ""), ("OTEL_EXPORTER_OTLP_TIMEOUT", "")],
        Key = "otlp.timeout",
        Kind = VariableKind.Number,
        Default = "10000",
        Minimum = 1,
        Description = "Milliseconds in which the receiver must answer a request; by default OTEL_EXPORTER_OTLP_TIMEOUT",
    };

    public static ConfigurationVariable OtlpCompression { get; } = new()
    {
        Name = "OTLP_COMPRESSION",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_COMPRESSION", ""), ("OTEL_EXPORTER_OTLP_COMPRESSION", "")],
        Key = "otlp.compression",
        Kind = VariableKind.Choice,
        Default = "gzip",
        Choices = ["gzip", "none"],
        Description = "Compression of requests; by default OTEL_EXPORTER_OTLP_COMPRESSION",
    };

    public static ConfigurationVariable OtlpHeaders { get; } = new()
    {
        Name = "OTLP_HEADERS",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_HEADERS", ""), ("OTEL_EXPORTER_OTLP_HEADERS", "")],
        Key = "otlp.headers",
        Kind = VariableKind.Headers,
        Secret = true,
        Description = "Headers added to every export, name=value with commas between them and values encoded as in URLs; " +
            "by default OTEL_EXPORTER_OTLP_HEADERS",
        Example = "Authorization=Bearer%20token",
    };

    public static ConfigurationVariable OtlpServiceName { get; } = new()
    {
        Name = "OTLP_SERVICE_NAME",
        Standards = [("OTEL_SERVICE_NAME", "")],
        Key = "otlp.service_name",
        Kind = VariableKind.Text,
        Description = "Attribute service.name of the server; by default OTEL_SERVICE_NAME, or gunicorn",
        Example = "shop",
    };

    public static ConfigurationVariable OtlpResourceAttributes { get; } = new()
    {
        Name = "OTLP_RESOURCE_ATTRIBUTES",
        Standards = [("OTEL_RESOURCE_ATTRIBUTES", "")],
        Key = "otlp.resource_attributes",
        Kind = VariableKind.Attributes,
        Description = "Attributes of the server, name=value with commas between them and values encoded as in URLs; " +
            "by default OTEL_RESOURCE_ATTRIBUTES",
        Example = "service.namespace=shop,deployment.environment.name=prod",
    };

    public static ConfigurationVariable OtlpCaFile { get; } = new()
    {
        Name = "OTLP_CA_FILE",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", ""), ("OTEL_EXPORTER_OTLP_CERTIFICATE", "")],
        Key = "otlp.ca_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the authorities that the export trusts; by default OTEL_EXPORTER_OTLP_CERTIFICATE, " +
            "or those that the system trusts",
        Example = "/etc/ssl/collector-ca.pem",
    };

    public static ConfigurationVariable OtlpCertFile { get; } = new()
    {
        Name = "OTLP_CERT_FILE",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", ""), ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "")],
        Key = "otlp.cert_file",
        Kind = VariableKind.Path,
        Description = "PEM file of the certificate that the export presents; by default OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        Example = "/etc/ssl/exporter.pem",
    };

    public static ConfigurationVariable OtlpKeyFile { get; } = new()
    {
        Name = "OTLP_KEY_FILE",
        Standards = [("OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY", ""), ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "")],
        Key = "otlp.key_file",
        Kind = VariableKind.Path,
        Description = "PEM file of that certificate's key; by default OTEL_EXPORTER_OTLP_CLIENT_KEY",
        Example = "/etc/ssl/exporter.key",
    };

    public static ConfigurationVariable OtlpBufferDir { get; } = new()
    {
        Name = "OTLP_BUFFER_DIR",
        Key = "otlp.buffer_dir",
        Kind = VariableKind.Path,
        Description = "Directory that keeps unsent snapshots over restarts; if unset, the exporter keeps them in memory",
        Example = "/var/lib/gunicorn-exporter-otlp",
    };

    public static ConfigurationVariable OtlpBufferBytes { get; } = new()
    {
        Name = "OTLP_BUFFER_BYTES",
        Key = "otlp.buffer_bytes",
        Kind = VariableKind.Number,
        Default = "67108864",
        Minimum = 1_048_576,
        Description = "Maximum size of all unsent snapshots in bytes; beyond it the exporter drops the oldest",
    };

    public static ConfigurationVariable CleanupDbFiles { get; } = new()
    {
        Name = "CLEANUP_DB_FILES",
        Key = "cleanup.db_files",
        Kind = VariableKind.Boolean,
        Default = "true",
        Description = "Whether a start removes the store files of dead processes, and the exporter compacts those of the application",
    };

    public static ConfigurationVariable MaxLabelValues { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_LABEL_VALUES",
        Key = "labels.max_values",
        HasFlag = false,
        Kind = VariableKind.Number,
        Default = "200",
        Minimum = 1,
        Maximum = 10_000,
        Description = "Maximum number of values of a label in each worker, for the label endpoint of paths; later values are " +
            "recorded as __other__",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable MaxWorkerSeries { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_WORKER_SERIES",
        Key = "labels.max_worker_series",
        HasFlag = false,
        Kind = VariableKind.Number,
        Default = "15000",
        Minimum = 1_000,
        Maximum = 60_000,
        Description = "Maximum number of series that each worker records, and again for the routes of a framework; the latency of one " +
            "route and method takes 16; later series are recorded as __other__",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable Routes { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_ROUTES",
        Key = "labels.routes",
        HasFlag = false,
        Kind = VariableKind.Routes,
        Description = "Routes of paths in an application without a known framework, separated by semicolons or as a list",
        Example = "^/files/.* -> /files/{path}",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable MaxSeries { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_SERIES",
        Key = "prometheus.max_series",
        Kind = VariableKind.Number,
        Default = "1000000",
        Minimum = 1,
        Description = "Maximum number of series that the exporter serves; it drops later label sets as a whole and counts them",
    };

    public static ConfigurationVariable MaxDeadGauges { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_MAX_DEAD_GAUGES",
        Key = "prometheus.max_dead_gauges",
        Kind = VariableKind.Number,
        Default = "20",
        Minimum = 0,
        Description = "Number of exited processes whose gauges of mode all, in prometheus_client, are still served; " +
            "compaction removes those of earlier ones",
    };

    public static ConfigurationVariable PerWorker { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_PER_WORKER",
        Key = "families.per_worker",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the exporter serves histograms, lost requests and every state of each worker; " +
            "by default it sums histograms and lost requests over all workers",
    };

    public static ConfigurationVariable ExcludedFamilies { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_EXCLUDED_FAMILIES",
        Key = "families.excluded",
        Kind = VariableKind.Texts,
        Description = "Metrics that the exporter does not serve, of the application too; * stands for any text",
        Example = "process_*,gunicorn_worker_response_size_bytes",
    };

    public static ConfigurationVariable DisableCreatedSeries { get; } = new()
    {
        Name = "PROMETHEUS_DISABLE_CREATED_SERIES",
        IsShared = true,
        Key = "prometheus.disable_created_series",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether OpenMetrics and protobuf lack the time at which each series began, as in prometheus_client",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable RouteMemory { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_ROUTE_MEMORY",
        Key = "families.route_memory",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the exporter estimates how much memory each route leaks, as gunicorn_route_memory_growth_bytes",
    };

    public static ConfigurationVariable LegacyMetrics { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_LEGACY_METRICS",
        Key = "prometheus.legacy_metrics",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the exporter also serves the metric names and label values of the Python package of the same name; " +
            "implies GUNICORN_EXPORTER_PER_WORKER",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable LatencyBuckets { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_LATENCY_BUCKETS",
        Key = "buckets.latency",
        HasFlag = false,
        Kind = VariableKind.Bounds,
        Default = HistogramBounds.ToText(MetricCatalogue.LatencyBuckets),
        Description = "Upper bounds of the buckets of latencies, in seconds",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable SizeBuckets { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_SIZE_BUCKETS",
        Key = "buckets.size",
        HasFlag = false,
        Kind = VariableKind.Bounds,
        Default = HistogramBounds.ToText(MetricCatalogue.SizeBuckets),
        Description = "Upper bounds of the buckets of sizes, in bytes",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable ExcludedRoutes { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_EXCLUDED_ROUTES",
        Key = "labels.excluded_routes",
        HasFlag = false,
        Kind = VariableKind.Texts,
        Description = "Routes and paths, such as health checks, whose requests are not recorded; as the label endpoint has them, " +
            "or as requested; * stands for any text",
        Example = "/healthz,/internal/*",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable ExcludedRequests { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_EXCLUDED_REQUESTS",
        Key = "labels.excluded_requests",
        HasFlag = false,
        Kind = VariableKind.Choice,
        Default = "drop",
        Choices = ["drop", CountedRequests],
        Description = "What becomes of these requests: drop, or count for gunicorn_http_requests_total with the endpoint __excluded__",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable LatencyStatus { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_LATENCY_STATUS",
        Key = "labels.latency_status",
        HasFlag = false,
        Kind = VariableKind.Choice,
        Default = "none",
        Choices = ["none", StatusAsClass, StatusAsCode],
        Description = "Label of the latency by route for the status: none, class for status_class such as 4xx, or code for status_code; " +
            "each value takes the series of a histogram",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable Methods { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_METHODS",
        Key = "labels.methods",
        HasFlag = false,
        Kind = VariableKind.Methods,
        Default = RequestMethods.Registered,
        Description = "Request methods that have series of their own; others are recorded as __other__",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable ExtraLabels { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_EXTRA_LABELS",
        Key = "labels.extra_labels",
        HasFlag = false,
        Kind = VariableKind.ExtraLabels,
        Description = "Labels with the host, the scheme or an X- header of each request, for its count and latency by route; a value " +
            "that the setting does not list is recorded as __other__",
        Example = "host,scheme,header:X-Tenant=acme|globex",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable TimeToFirstByte { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE",
        Key = "buckets.time_to_first_byte",
        HasFlag = false,
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether workers record gunicorn_http_time_to_first_byte_seconds, another histogram for each route",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable SlowRequestSeconds { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS",
        Key = "incidents.slow_request_seconds",
        HasFlag = false,
        Kind = VariableKind.Thresholds,
        Description = "Seconds after which a request is slow, and those of routes, as the label endpoint has them; * stands for any " +
            "text; 0 turns it off; by default a tenth of Gunicorn's timeout, at least 1, or 3 without a timeout",
        Example = "5,/reports/*=60",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable Stacks { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_STACKS",
        Key = "stacks.enabled",
        HasFlag = false,
        Kind = VariableKind.Boolean,
        Default = "true",
        Description = "Whether workers let the exporter and their master take the Python stacks of their threads, by a real-time signal",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable NativeHistograms { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_NATIVE_HISTOGRAMS",
        Key = "buckets.native",
        HasFlag = false,
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether workers also record the latency of requests in native histograms",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable NativeHistogramSchema { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_NATIVE_HISTOGRAM_SCHEMA",
        Key = "buckets.native_schema",
        HasFlag = false,
        Kind = VariableKind.Number,
        Default = "3",
        Minimum = -4,
        Maximum = 8,
        Description = "Schema of native histograms: each power of two has 2^schema buckets, 8 with schema 3",
        ReloadScope = ReloadScope.GunicornReload,
    };

    public static ConfigurationVariable WebEnableLifecycle { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_ENABLE_LIFECYCLE",
        Key = "web.enable_lifecycle",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether POST /-/reload reloads the configuration",
    };

    public static ConfigurationVariable WebEnableProfiling { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_ENABLE_PROFILING",
        Key = "web.enable_profiling",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether /debug/stacks and /debug/profile show the Python stacks of the workers",
    };

    public static ConfigurationVariable WebListenAddress { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_LISTEN_ADDRESS",
        Key = "web.listen_address",
        Kind = VariableKind.Addresses,
        Description = "Addresses that the metrics server listens on, in place of PROMETHEUS_BIND_ADDRESS and PROMETHEUS_METRICS_PORT; " +
            "a Unix socket gets mode 0660",
        Example = "127.0.0.1:9091,unix:/run/metrics/http.sock",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable WebSystemdSocket { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_SYSTEMD_SOCKET",
        Key = "web.systemd_socket",
        Kind = VariableKind.Boolean,
        Default = "false",
        Description = "Whether the metrics server listens on the sockets that systemd passes to it, and on no others",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable WebTelemetryPath { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_WEB_TELEMETRY_PATH",
        Key = "web.telemetry_path",
        Kind = VariableKind.UrlPath,
        Default = "/metrics",
        Description = "Path of the metrics",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable Listener { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_LISTENER",
        Key = "gunicorn.listener",
        Flag = "--listener",
        Kind = VariableKind.Texts,
        Description = "Addresses that Gunicorn listens on, HOST:PORT or unix:PATH; used until its workers report them",
        Example = "0.0.0.0:8000",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable LogLevel { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_LOG_LEVEL",
        Key = "log.level",
        Flag = "--log.level",
        Kind = VariableKind.Choice,
        Default = "info",
        Choices = ["debug", "info", "warn", "error"],
        Description = "Lowest level of the log lines that the exporter writes; under Gunicorn its loglevel is the default",
        ReloadScope = ReloadScope.Restart,
    };

    public static ConfigurationVariable LogFormat { get; } = new()
    {
        Name = "GUNICORN_EXPORTER_LOG_FORMAT",
        Key = "log.format",
        Flag = "--log.format",
        Kind = VariableKind.Choice,
        Default = "logfmt",
        Choices = ["logfmt", "json"],
        Description = "Format of the log lines of a standalone exporter and of a hub; under Gunicorn they are lines of Gunicorn's log",
        ReloadScope = ReloadScope.Restart,
    };

    /// <summary>TLS of the metrics server without a web configuration file.</summary>
    public static ImmutableArray<ConfigurationVariable> Ssl { get; } =
        [SslEnabled, SslCertFile, SslKeyFile, SslClientCaFile, SslClientCaPath, SslClientAuthRequired];

    /// <summary>The variables that only forwarding uses.</summary>
    public static ImmutableArray<ConfigurationVariable> Forwarding { get; } =
    [
        RedisEnabled, RedisUrl, RedisHost, RedisPort, RedisDb, RedisUsername, RedisPassword, RedisSsl, RedisCaFile,
        RedisCertFile, RedisKeyFile, RedisSentinelService, RedisSentinelUsername, RedisSentinelPassword, RedisKeyPrefix,
        RedisForwardInterval, RedisTtlSeconds, RedisTtlDisabled, Instance,
        RemoteWriteUrl, RemoteWriteInterval, RemoteWriteProtocol, RemoteWriteClassicHistograms, RemoteWriteExternalLabels,
        RemoteWriteHeaders, RemoteWriteUsername, RemoteWritePassword, RemoteWritePasswordFile, RemoteWriteBearerTokenFile,
        RemoteWriteCaFile, RemoteWriteCertFile, RemoteWriteKeyFile, RemoteWriteBufferDir, RemoteWriteBufferBytes,
        OtlpEnabled, OtlpUrl, OtlpProtocol, OtlpInterval, OtlpTimeout, OtlpCompression, OtlpHeaders, OtlpServiceName,
        OtlpResourceAttributes, OtlpCaFile, OtlpCertFile, OtlpKeyFile, OtlpBufferDir, OtlpBufferBytes,
    ];

    /// <summary>The variables that recording processes read, only from their environment.</summary>
    public static ImmutableArray<ConfigurationVariable> Recording { get; } =
    [
        MaxLabelValues, MaxWorkerSeries, Routes, ExcludedRoutes, ExcludedRequests, LatencyStatus, Methods, ExtraLabels, TimeToFirstByte,
        SlowRequestSeconds, LatencyBuckets, SizeBuckets, NativeHistograms, NativeHistogramSchema, Stacks,
    ];

    public static ImmutableArray<ConfigurationVariable> All { get; } =
    [
        ConfigFile, PrometheusMetricsPort, PrometheusBindAddress, PrometheusMultiprocDir, MaxSeries, MaxDeadGauges, DisableCreatedSeries,
        PerWorker, ExcludedFamilies, RouteMemory, LegacyMetrics,
        .. Ssl,
        GunicornWorkers, GunicornTimeout, GunicornKeepalive, Listener,
        .. Forwarding,
        .. Recording,
        CleanupDbFiles, WebListenAddress, WebSystemdSocket, WebTelemetryPath, WebConfigFile, WebEnableLifecycle, WebEnableProfiling,
        LogLevel, LogFormat,
    ];

    /// <summary>The variables that <c>serve</c> uses and a command line can set.</summary>
    public static ImmutableArray<ConfigurationVariable> OfExporter { get; } = [.. All.Where(variable => variable.Flag is not null)];

    /// <summary>The variables that <c>hub</c> uses and a command line can set.</summary>
    public static ImmutableArray<ConfigurationVariable> OfHub { get; } =
    [
        ConfigFile, PrometheusMetricsPort, PrometheusBindAddress, .. Ssl,
        .. OfExporter.Where(variable => variable.Key?.Split('.')[0] is "redis" or "web" or "log" && variable != WebEnableProfiling),
    ];

    /// <summary>The variables that a file can set.</summary>
    public static ImmutableArray<ConfigurationVariable> InFile { get; } = [.. All.Where(variable => variable.Key is not null)];

    public static ImmutableArray<IGrouping<string, ConfigurationVariable>> Sections { get; } =
        [.. InFile.GroupBy(variable => variable.Path[0])];
}

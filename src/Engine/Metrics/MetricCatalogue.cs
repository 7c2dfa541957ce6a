using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>Every family of the product: the one place that states names, types, labels, help and buckets.</summary>
internal static class MetricCatalogue
{
    /// <summary>The default upper bounds of latency histograms, in seconds.</summary>
    public static ImmutableArray<double> LatencyBuckets { get; } =
        [.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 30, 60];

    /// <summary>The upper bounds of size histograms, in bytes.</summary>
    public static ImmutableArray<double> SizeBuckets { get; } =
        [256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

    /// <summary>Requests finished, by worker.</summary>
    public static MetricFamily WorkerRequests { get; } = new()
    {
        Name = "gunicorn_worker_requests_total",
        Type = MetricType.Counter,
        Labels = ["worker_id"],
        Help = "Requests finished, each exactly once, whatever the outcome",
    };

    /// <summary>Latency, by worker.</summary>
    public static MetricFamily WorkerRequestDuration { get; } = new()
    {
        Name = "gunicorn_worker_request_duration_seconds",
        Type = MetricType.Histogram,
        Labels = ["worker_id"],
        Buckets = LatencyBuckets,
        HasExtras = true,
        Help = "Time from the parsed request to the finished response, by worker",
    };

    /// <summary>Resident memory, by worker.</summary>
    public static MetricFamily WorkerMemory { get; } = new()
    {
        Name = "gunicorn_worker_memory_bytes",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Sum,
        Help = "Resident set of the worker process",
    };

    /// <summary>Processor use, by worker.</summary>
    public static MetricFamily WorkerCpu { get; } = new()
    {
        Name = "gunicorn_worker_cpu_percent",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Sum,
        Help = "Processor time since the previous reading, in percent of one core",
    };

    /// <summary>Age, by worker.</summary>
    public static MetricFamily WorkerUptime { get; } = new()
    {
        Name = "gunicorn_worker_uptime_seconds",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Max,
        Help = "Time since the worker process started",
    };

    /// <summary>Failed responses, by worker, method, endpoint and status.</summary>
    public static MetricFamily WorkerFailedRequests { get; } = new()
    {
        Name = "gunicorn_worker_failed_requests_total",
        Type = MetricType.Counter,
        Labels = ["worker_id", "method", "endpoint", "status_code"],
        Help = "Responses with a status of 4xx or 5xx, parse errors included",
    };

    /// <summary>Exceptions that reached the worker.</summary>
    public static MetricFamily WorkerErrorHandling { get; } = new()
    {
        Name = "gunicorn_worker_error_handling_total",
        Type = MetricType.Counter,
        Labels = ["worker_id", "method", "endpoint", "error_type"],
        Help = "Exceptions that reached the worker",
    };

    /// <summary>The state set of a worker: see <see cref="WorkerStates"/>.</summary>
    public static MetricFamily WorkerState { get; } = new()
    {
        Name = "gunicorn_worker_state",
        Type = MetricType.Gauge,
        Labels = ["worker_id", "state"],
        HostMode = GaugeMode.Sum,
        Help = "1 for the state that the worker is in, 0 for every other",
    };

    /// <summary>When a worker's state last changed.</summary>
    public static MetricFamily WorkerStateChangeTimestamp { get; } = new()
    {
        Name = "gunicorn_worker_state_change_timestamp_seconds",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Max,
        Help = "Unix time at which the worker's state last changed",
    };

    /// <summary>Which process a slot is.</summary>
    public static MetricFamily WorkerInfo { get; } = new()
    {
        Name = "gunicorn_worker_info",
        Type = MetricType.Gauge,
        Labels = ["worker_id", "pid", "worker_class", "python", "gunicorn"],
        Help = "1, labelled with the process that is the worker now",
    };

    /// <summary>Requests by route.</summary>
    public static MetricFamily HttpRequests { get; } = new()
    {
        Name = "gunicorn_http_requests_total",
        Type = MetricType.Counter,
        Labels = ["method", "endpoint", "status_code"],
        Help = "Requests finished, by route and status",
    };

    /// <summary>Latency by route.</summary>
    public static MetricFamily HttpRequestDuration { get; } = new()
    {
        Name = "gunicorn_http_request_duration_seconds",
        Type = MetricType.Histogram,
        Labels = ["method", "endpoint"],
        Buckets = LatencyBuckets,
        HasExtras = true,
        Help = "Time from the parsed request to the finished response, by route",
    };

    /// <summary>Workers started to replace one that ended.</summary>
    public static MetricFamily MasterWorkerRestarts { get; } = new()
    {
        Name = "gunicorn_master_worker_restarts_total",
        Type = MetricType.Counter,
        Source = FamilySource.Master,
        Help = "Worker processes started to replace one that ended",
    };

    /// <summary>Signals that the master handled: see <see cref="MasterSignalNames"/>.</summary>
    public static MetricFamily MasterSignals { get; } = new()
    {
        Name = "gunicorn_master_signals_total",
        Type = MetricType.Counter,
        Labels = ["signal"],
        Source = FamilySource.Master,
        Help = "Signals that the master handled",
    };

    /// <summary>Workers, configured and live.</summary>
    public static MetricFamily Workers { get; } = new()
    {
        Name = "gunicorn_workers",
        Type = MetricType.Gauge,
        Labels = ["state"],
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Master,
        Help = "Workers that the master is told to keep (configured) and that hold a slot (live)",
    };

    /// <summary>Whether a master lives.</summary>
    public static MetricFamily Up { get; } = new()
    {
        Name = "gunicorn_up",
        Type = MetricType.Gauge,
        Source = FamilySource.Exporter,
        Help = "1 while a Gunicorn master of this store lives, else 0",
    };

    /// <summary>Which exporter answers.</summary>
    public static MetricFamily BuildInfo { get; } = new()
    {
        Name = "gunicorn_exporter_build_info",
        Type = MetricType.Gauge,
        Labels = ["version", "runtime"],
        Source = FamilySource.Exporter,
        Help = "1, labelled with the version of the exporter and of its runtime",
    };

    /// <summary>Store files that could not be read.</summary>
    public static MetricFamily CorruptFiles { get; } = new()
    {
        Name = "gunicorn_exporter_corrupt_files_total",
        Type = MetricType.Counter,
        Source = FamilySource.Exporter,
        Help = "Store files that were set aside because they could not be read",
    };

    /// <summary>Series that were too many.</summary>
    public static MetricFamily SeriesDropped { get; } = new()
    {
        Name = "gunicorn_exporter_series_dropped",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Series that are left out because the store has more than GUNICORN_EXPORTER_MAX_SERIES",
    };

    /// <summary>Folds of dead processes' files.</summary>
    public static MetricFamily Compactions { get; } = new()
    {
        Name = "gunicorn_exporter_compactions_total",
        Type = MetricType.Counter,
        Source = FamilySource.Exporter,
        Help = "Times that this exporter folded files of dead processes into an archive",
    };

    /// <summary>Faults of what the exporter does beside scrapes.</summary>
    public static MetricFamily BackgroundFailures { get; } = new()
    {
        Name = "gunicorn_exporter_background_failures_total",
        Type = MetricType.Counter,
        Source = FamilySource.Exporter,
        Help = "Failures of work beside scrapes: accounting for dead workers, folding the files of dead processes, control of forwarders",
        Labels = ["work"],
    };

    /// <summary>Request bodies, by worker.</summary>
    public static MetricFamily WorkerRequestSize { get; } = new()
    {
        Name = "gunicorn_worker_request_size_bytes",
        Type = MetricType.Histogram,
        Labels = ["worker_id"],
        Buckets = SizeBuckets,
        Help = "Size of request bodies, as their Content-Length states it",
    };

    /// <summary>Response bodies, by worker.</summary>
    public static MetricFamily WorkerResponseSize { get; } = new()
    {
        Name = "gunicorn_worker_response_size_bytes",
        Type = MetricType.Histogram,
        Labels = ["worker_id"],
        Buckets = SizeBuckets,
        Help = "Size of response bodies, files sent by the kernel included",
    };

    /// <summary>Wait in front of the worker.</summary>
    public static MetricFamily WorkerRequestQueue { get; } = new()
    {
        Name = "gunicorn_worker_request_queue_seconds",
        Type = MetricType.Histogram,
        Labels = ["worker_id"],
        Buckets = LatencyBuckets,
        Help = "Time from the proxy's X-Request-Start or X-Queue-Start to the parsed request",
    };

    /// <summary>Utilisation, once divided by capacity and time.</summary>
    public static MetricFamily WorkerBusy { get; } = new()
    {
        Name = "gunicorn_worker_busy_seconds_total",
        Type = MetricType.Counter,
        Labels = ["worker_id"],
        Help = "Requests in flight, integrated over time",
    };

    /// <summary>Requests in flight.</summary>
    public static MetricFamily WorkerRequestsInFlight { get; } = new()
    {
        Name = "gunicorn_worker_requests_in_flight",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Requests that the worker has begun and not finished",
    };

    /// <summary>What a worker can do at once.</summary>
    public static MetricFamily WorkerCapacity { get; } = new()
    {
        Name = "gunicorn_worker_capacity",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Requests that the worker can have in flight at most",
    };

    /// <summary>Stuck requests.</summary>
    public static MetricFamily WorkerOldestRequest { get; } = new()
    {
        Name = "gunicorn_worker_oldest_request_seconds",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Max,
        Source = FamilySource.Exporter,
        Help = "Age of the oldest request in flight, 0 if there is none",
    };

    /// <summary>Processor time, by worker.</summary>
    public static MetricFamily WorkerCpuSeconds { get; } = new()
    {
        Name = "gunicorn_worker_cpu_seconds_total",
        Type = MetricType.Counter,
        Labels = ["worker_id", "mode"],
        Help = "Processor time of the worker process, in mode user or system",
    };

    /// <summary>Processes that were this worker, the one of now among them.</summary>
    public static MetricFamily WorkerStarts { get; } = new()
    {
        Name = "gunicorn_worker_starts_total",
        Type = MetricType.Counter,
        Labels = ["worker_id"],
        Help = "Worker processes that began in this slot",
    };

    /// <summary>What a worker really costs.</summary>
    public static MetricFamily WorkerProportionalMemory { get; } = new()
    {
        Name = "gunicorn_worker_proportional_memory_bytes",
        Type = MetricType.Gauge,
        Labels = ["worker_id"],
        HostMode = GaugeMode.Sum,
        Help = "Proportional set size: memory of its own and its share of what it shares",
    };

    /// <summary>Requests lost to a death.</summary>
    public static MetricFamily WorkerRequestsLost { get; } = new()
    {
        Name = "gunicorn_worker_requests_lost_total",
        Type = MetricType.Counter,
        Labels = ["worker_id", "reason"],
        Source = FamilySource.Ledger,
        Help = "Requests in flight when their worker died",
    };

    /// <summary>How workers ended: see <see cref="WorkerExitReasons"/>.</summary>
    public static MetricFamily WorkerExits { get; } = new()
    {
        Name = "gunicorn_worker_exits_total",
        Type = MetricType.Counter,
        Labels = ["reason"],
        Source = FamilySource.Master,
        Help = "Worker processes that ended, by cause",
    };

    /// <summary>Age of the master.</summary>
    public static MetricFamily MasterUptime { get; } = new()
    {
        Name = "gunicorn_master_uptime_seconds",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Max,
        Source = FamilySource.Exporter,
        Help = "Time since the master process started",
    };

    /// <summary>Resident memory of the master.</summary>
    public static MetricFamily MasterMemory { get; } = new()
    {
        Name = "gunicorn_master_memory_bytes",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Resident set of the master process",
    };

    /// <summary>Processor time of the master.</summary>
    public static MetricFamily MasterCpuSeconds { get; } = new()
    {
        Name = "gunicorn_master_cpu_seconds_total",
        Type = MetricType.Counter,
        Labels = ["mode"],
        Source = FamilySource.Master,
        Help = "Processor time of the master processes of this run, in mode user or system",
    };

    /// <summary>Connections that wait for a worker.</summary>
    public static MetricFamily ListenerBacklog { get; } = new()
    {
        Name = "gunicorn_listener_backlog",
        Type = MetricType.Gauge,
        Labels = ["listener"],
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Connections in the accept queue",
    };

    /// <summary>How many may wait.</summary>
    public static MetricFamily ListenerBacklogLimit { get; } = new()
    {
        Name = "gunicorn_listener_backlog_limit",
        Type = MetricType.Gauge,
        Labels = ["listener"],
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Connections that the accept queue holds at most",
    };

    /// <summary>Queue headers that make no sense.</summary>
    public static MetricFamily InvalidQueueHeaders { get; } = new()
    {
        Name = "gunicorn_exporter_invalid_queue_headers_total",
        Type = MetricType.Counter,
        Help = "X-Request-Start and X-Queue-Start headers ignored because they hold no time, one in the future or one of over an hour ago",
    };

    /// <summary>Announced bodies that are none.</summary>
    public static MetricFamily InvalidContentLengths { get; } = new()
    {
        Name = "gunicorn_exporter_invalid_content_lengths_total",
        Type = MetricType.Counter,
        Help = "Content-Length headers ignored because they hold no number or more than 1 TiB",
    };

    /// <summary>The value of the label of <see cref="LabelOverflow"/> that means the bound on a worker's series.</summary>
    public const string SeriesOverflow = "series";

    /// <summary>The values of the label of <see cref="LabelOverflow"/> that are there from the start.</summary>
    public static ImmutableArray<string> OverflowLabels { get; } = ["endpoint", "error_type", SeriesOverflow];

    /// <summary>Label values beyond the bound.</summary>
    public static MetricFamily LabelOverflow { get; } = new()
    {
        Name = "gunicorn_exporter_label_overflow_total",
        Type = MetricType.Counter,
        Labels = ["label"],
        Help = "Recordings under __other__ because the label already had as many values as allowed, or the worker as many series (series)",
    };

    /// <summary>Recordings that were dropped.</summary>
    public static MetricFamily Dropped { get; } = new()
    {
        Name = "gunicorn_exporter_dropped_total",
        Type = MetricType.Counter,
        Help = "Recordings dropped because of a fault of the exporter or a full store",
    };

    /// <summary>How long the last pass over the store took.</summary>
    public static MetricFamily ScrapeDuration { get; } = new()
    {
        Name = "gunicorn_exporter_scrape_duration_seconds",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Max,
        Source = FamilySource.Exporter,
        Help = "Time that reading and merging the store took at this scrape",
    };

    /// <summary>Files in the store.</summary>
    public static MetricFamily StoreFiles { get; } = new()
    {
        Name = "gunicorn_exporter_store_files",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Store files read at this scrape",
    };

    /// <summary>Bytes in the store.</summary>
    public static MetricFamily StoreBytes { get; } = new()
    {
        Name = "gunicorn_exporter_store_bytes",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Bytes in use in the store files read at this scrape",
    };

    /// <summary>Whether the last file of settings could be used.</summary>
    public static MetricFamily ConfigReloadSuccessful { get; } = new()
    {
        Name = "gunicorn_exporter_config_last_reload_successful",
        Type = MetricType.Gauge,
        Source = FamilySource.Exporter,
        Help = "1 if the configuration was in order when it was last read, else 0: then an earlier one is in force",
    };

    /// <summary>When the settings in force were read.</summary>
    public static MetricFamily ConfigReloadTime { get; } = new()
    {
        Name = "gunicorn_exporter_config_last_reload_success_timestamp_seconds",
        Type = MetricType.Gauge,
        Source = FamilySource.Exporter,
        Help = "Unix time at which the configuration in force was read",
    };

    /// <summary>Snapshots forwarded.</summary>
    public static MetricFamily ForwarderSnapshots { get; } = new()
    {
        Name = "gunicorn_exporter_forwarder_snapshots_total",
        Type = MetricType.Counter,
        Labels = ["forwarder", "outcome"],
        Source = FamilySource.Exporter,
        Help = "Snapshots that arrived (sent), attempts that failed (failed) and snapshots given up (dropped)",
    };

    /// <summary>Bytes forwarded.</summary>
    public static MetricFamily ForwarderBytes { get; } = new()
    {
        Name = "gunicorn_exporter_forwarder_sent_bytes_total",
        Type = MetricType.Counter,
        Labels = ["forwarder"],
        Source = FamilySource.Exporter,
        Help = "Bytes that the forwarder sent",
    };

    /// <summary>Whether forwarding works.</summary>
    public static MetricFamily ForwarderUp { get; } = new()
    {
        Name = "gunicorn_exporter_forwarder_up",
        Type = MetricType.Gauge,
        Labels = ["forwarder"],
        Source = FamilySource.Exporter,
        Help = "1 while the forwarder runs and its last attempt did not fail, else 0",
    };

    /// <summary>When forwarding last worked.</summary>
    public static MetricFamily ForwarderLastSuccess { get; } = new()
    {
        Name = "gunicorn_exporter_forwarder_last_success_timestamp_seconds",
        Type = MetricType.Gauge,
        Labels = ["forwarder"],
        Source = FamilySource.Exporter,
        Help = "Unix time at which a snapshot last arrived",
    };

    /// <summary>How far forwarding is behind.</summary>
    public static MetricFamily ForwarderLag { get; } = new()
    {
        Name = "gunicorn_exporter_forwarder_lag_seconds",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Max,
        Labels = ["forwarder"],
        Source = FamilySource.Exporter,
        Help = "Age of the oldest snapshot that has not arrived, 0 if the last one has",
    };

    /// <summary>Processor time of the exporter.</summary>
    public static MetricFamily ProcessCpuSeconds { get; } = new()
    {
        Name = "process_cpu_seconds_total",
        Type = MetricType.Counter,
        Source = FamilySource.Exporter,
        Help = "Processor time of the exporter, user and system",
    };

    /// <summary>Resident memory of the exporter.</summary>
    public static MetricFamily ProcessResidentMemory { get; } = new()
    {
        Name = "process_resident_memory_bytes",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "Resident set of the exporter",
    };

    /// <summary>When the exporter started.</summary>
    public static MetricFamily ProcessStartTime { get; } = new()
    {
        Name = "process_start_time_seconds",
        Type = MetricType.Gauge,
        Source = FamilySource.Exporter,
        Help = "Unix time at which the exporter started",
    };

    /// <summary>Open files of the exporter.</summary>
    public static MetricFamily ProcessOpenFiles { get; } = new()
    {
        Name = "process_open_fds",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "File descriptors that the exporter has open",
    };

    /// <summary>How many files the exporter may open.</summary>
    public static MetricFamily ProcessMaximumFiles { get; } = new()
    {
        Name = "process_max_fds",
        Type = MetricType.Gauge,
        HostMode = GaugeMode.Sum,
        Source = FamilySource.Exporter,
        Help = "File descriptors that the exporter may have open",
    };

    /// <summary>Hosts of a fleet.</summary>
    public static MetricFamily HubHosts { get; } = new()
    {
        Name = "gunicorn_hub_hosts",
        Type = MetricType.Gauge,
        Source = FamilySource.Hub,
        Help = "Hosts whose snapshots the hub serves",
    };

    /// <summary>How old their snapshots are.</summary>
    public static MetricFamily HubHostAge { get; } = new()
    {
        Name = "gunicorn_hub_host_age_seconds",
        Type = MetricType.Gauge,
        Labels = ["instance"],
        Source = FamilySource.Hub,
        Help = "Time since the host left its newest snapshot",
    };

    /// <summary>What says nothing about a host.</summary>
    public static MetricFamily HubSkippedEntries { get; } = new()
    {
        Name = "gunicorn_hub_skipped_entries",
        Type = MetricType.Gauge,
        Labels = ["reason"],
        Source = FamilySource.Hub,
        Help = "Entries that were skipped at this scrape: what others wrote (foreign), and what this version cannot read (unreadable)",
    };

    /// <summary>Whether a hub can read.</summary>
    public static MetricFamily HubSourceUp { get; } = new()
    {
        Name = "gunicorn_hub_source_up",
        Type = MetricType.Gauge,
        Source = FamilySource.Hub,
        Help = "1 if the hub could read the hosts' snapshots at this scrape, else 0",
    };

    /// <summary>How often a hub could not.</summary>
    public static MetricFamily HubSourceErrors { get; } = new()
    {
        Name = "gunicorn_hub_source_errors_total",
        Type = MetricType.Counter,
        Source = FamilySource.Hub,
        Help = "Scrapes at which the hub could not read the hosts' snapshots",
    };

    /// <summary>How long a hub reads.</summary>
    public static MetricFamily HubReadDuration { get; } = new()
    {
        Name = "gunicorn_hub_read_duration_seconds",
        Type = MetricType.Gauge,
        Source = FamilySource.Hub,
        Help = "Time that reading the hosts' snapshots took at this scrape",
    };

    /// <summary>Every family, in the order in which an exposition lists them.</summary>
    public static ImmutableArray<MetricFamily> All { get; } =
    [
        Up, Workers, MasterWorkerRestarts, MasterSignals,
        WorkerExits, MasterUptime, MasterMemory, MasterCpuSeconds, ListenerBacklog, ListenerBacklogLimit,
        WorkerInfo, WorkerState, WorkerStateChangeTimestamp, WorkerUptime, WorkerStarts,
        WorkerMemory, WorkerProportionalMemory, WorkerCpu, WorkerCpuSeconds,
        WorkerCapacity, WorkerRequestsInFlight, WorkerOldestRequest, WorkerBusy,
        WorkerRequests, WorkerRequestDuration, WorkerFailedRequests, WorkerErrorHandling, WorkerRequestsLost,
        WorkerRequestSize, WorkerResponseSize, WorkerRequestQueue,
        HttpRequests, HttpRequestDuration,
        BuildInfo, ScrapeDuration, StoreFiles, StoreBytes, CorruptFiles, SeriesDropped, Compactions, BackgroundFailures,
        LabelOverflow, Dropped, InvalidQueueHeaders, InvalidContentLengths, ConfigReloadSuccessful, ConfigReloadTime,
        ForwarderUp, ForwarderLastSuccess, ForwarderLag, ForwarderSnapshots, ForwarderBytes,
        ProcessCpuSeconds, ProcessResidentMemory, ProcessStartTime, ProcessOpenFiles, ProcessMaximumFiles,
        HubHosts, HubHostAge, HubSkippedEntries, HubSourceUp, HubSourceErrors, HubReadDuration,
    ];
}

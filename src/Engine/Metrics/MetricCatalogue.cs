using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Metrics;

/// <summary>Every metric of the product: its source, type, name, help, labels and buckets.</summary>
internal static class MetricCatalogue
{
    /// <summary>The label of a status, as <c>404</c>.</summary>
    public const string StatusCode = "status_code";

    /// <summary>The label of the class of a status, as <c>4xx</c>.</summary>
    public const string StatusClass = "status_class";

    /// <summary>The label of a dirty application, as <c>module:Class</c>.</summary>
    public const string Application = "app";

    /// <summary>The label of an action of a dirty application.</summary>
    public const string Action = "action";

    /// <summary>The default upper bounds of latency histograms, in seconds.</summary>
    /// <remarks>From a fast WSGI route to Gunicorn's default timeout, each bound two to three times the one before.</remarks>
    public static ImmutableArray<double> LatencyBuckets { get; } = [.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30];

    /// <summary>The default upper bounds of size histograms, in bytes.</summary>
    /// <remarks>From a short answer to an upload, each bound 16 times the one before: sizes matter by their magnitude.</remarks>
    public static ImmutableArray<double> SizeBuckets { get; } = [256, 4096, 65536, 1048576, 16777216];

    /// <summary>The upper bounds of the durations of WebSockets, in seconds: to a day.</summary>
    private static readonly ImmutableArray<double> WebSocketBuckets = [1, 10, 60, 300, 900, 3600, 14400, 86400];

    /// <summary>The upper bounds of the times of tasks, in seconds, up to the default of <c>dirty_timeout</c>.</summary>
    private static readonly ImmutableArray<double> TaskBuckets = [.005, .025, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    public static MetricFamily WorkerRequests { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_requests_total",
        "Requests finished, each exactly once, whatever the outcome", "worker_id");

    public static MetricFamily WorkerRequestDuration { get; } = DetailedHistogram(
        FamilySource.Worker, LatencyBuckets, "gunicorn_worker_request_duration_seconds",
        "Time from the parsed request to the finished response, by worker", "worker_id") with
    { IsSummed = true };

    public static MetricFamily WorkerMemory { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_memory_bytes", "Resident set of the worker process", "worker_id");

    public static MetricFamily WorkerCpu { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_cpu_percent",
        "Processor time since the previous reading, in percent of one core", "worker_id");

    public static MetricFamily WorkerUptime { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_worker_uptime_seconds", "Time since the worker process started", "worker_id");

    public static MetricFamily WorkerFailedRequests { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_failed_requests_total",
        "Responses with a status of 4xx or 5xx, parse errors included", "worker_id", "method", "endpoint", "status_code");

    public static MetricFamily WorkerErrorHandling { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_error_handling_total",
        "Exceptions that made a request fail", "worker_id", "method", "endpoint", "error_type");

    public static MetricFamily WorkerState { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_state",
        "1 for the state that the worker is in, 0 for every other", "worker_id", "state");

    public static MetricFamily WorkerStateChangeTimestamp { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_worker_state_change_timestamp_seconds",
        "Unix time at which the worker's state last changed", "worker_id") with
    { IsDetail = true };

    public static MetricFamily WorkerInfo { get; } = Gauge(
        FamilySource.Worker, GaugeMode.All, "gunicorn_worker_info",
        "1, labelled with the process that is the worker now", "worker_id", "pid", "worker_class", "python", "gunicorn");

    public static MetricFamily HttpRequests { get; } = Counter(
        FamilySource.Worker, "gunicorn_http_requests_total",
        "Requests finished, by route and status", "method", "endpoint", "status_code");

    public static MetricFamily HttpRequestDuration { get; } = DetailedHistogram(
        FamilySource.Worker, LatencyBuckets, "gunicorn_http_request_duration_seconds",
        "Time from the parsed request to the finished response, by route", "method", "endpoint");

    public static MetricFamily SlowRequests { get; } = Counter(
        FamilySource.Worker, "gunicorn_slow_requests_total",
        "Requests that took longer than GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS, lost ones included; absent before the first",
        "method", "endpoint");

    public static MetricFamily SlowRequestsInFlight { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_slow_requests_in_flight",
        "Requests that have been in flight for longer than that; absent without any", "method", "endpoint");

    public static MetricFamily TimeToFirstByte { get; } = Histogram(
        FamilySource.Worker, LatencyBuckets, "gunicorn_http_time_to_first_byte_seconds",
        "Time from the parsed request to the beginning of the response, by route; if GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE is set",
        "method", "endpoint");

    public static MetricFamily RouteMemoryGrowth { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_route_memory_growth_bytes",
        "Bytes that a request adds to the resident set of its worker, a lower bound, by route; if GUNICORN_EXPORTER_ROUTE_MEMORY is set",
        "endpoint");

    public static MetricFamily WebSocketsOpened { get; } = Counter(
        FamilySource.Worker, "gunicorn_websocket_opened_total",
        "WebSockets whose handshake was accepted: as many as are open, were closed and were lost", "endpoint");

    public static MetricFamily WebSocketsRejected { get; } = Counter(
        FamilySource.Worker, "gunicorn_websocket_rejected_total",
        "Handshakes of WebSockets that were not accepted", "endpoint", "status_code");

    public static MetricFamily WebSocketsOpen { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_websocket_open", "WebSockets that are open now", "worker_id", "endpoint");

    public static MetricFamily WebSocketsClosed { get; } = Counter(
        FamilySource.Worker, "gunicorn_websocket_closed_total", "WebSockets closed, by code of RFC 6455", "endpoint", "code");

    public static MetricFamily WebSocketsLost { get; } = Counter(
        FamilySource.Worker, "gunicorn_websocket_lost_total", "WebSockets that were open when their worker died", "endpoint");

    public static MetricFamily WebSocketDuration { get; } = Histogram(
        FamilySource.Worker, WebSocketBuckets, "gunicorn_websocket_duration_seconds",
        "Time from the accepted handshake of a WebSocket to its end", "endpoint");

    public static MetricFamily WebSocketMessages { get; } = Counter(
        FamilySource.Worker, "gunicorn_websocket_messages_total",
        "Messages that the application received or sent", "endpoint", "direction");

    public static MetricFamily WebSocketBytes { get; } = Counter(
        FamilySource.Worker, "gunicorn_websocket_bytes_total",
        "Bytes of the messages that the application received or sent, before compression", "endpoint", "direction");

    public static MetricFamily MasterWorkerRestarts { get; } = Counter(
        FamilySource.Master, "gunicorn_master_worker_restarts_total", "Worker processes started to replace one that ended");

    public static MetricFamily MasterSignals { get; } = Counter(
        FamilySource.Master, "gunicorn_master_signals_total", "Signals that the master handled", "signal");

    public static MetricFamily Workers { get; } = Gauge(
        FamilySource.Master, GaugeMode.Sum, "gunicorn_workers",
        "Workers that the master has to keep running (configured) and that hold a slot (live)", "state");

    public static MetricFamily Up { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "gunicorn_up", "1 while a Gunicorn master of this store is alive, else 0");

    public static MetricFamily BuildInfo { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "gunicorn_exporter_build_info",
        "1, labelled with the version and the Git commit of the exporter, and the version of its runtime",
        "version", "revision", "runtime");

    public static MetricFamily CorruptFiles { get; } = Counter(
        FamilySource.Exporter, "gunicorn_exporter_corrupt_files_total",
        "Store files that were skipped or quarantined because they could not be read");

    public static MetricFamily SeriesDropped { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_exporter_series_dropped",
        "Series dropped because the store has more than GUNICORN_EXPORTER_MAX_SERIES");

    public static MetricFamily Compactions { get; } = Counter(
        FamilySource.Exporter, "gunicorn_exporter_compactions_total",
        "Times that this exporter folded files of dead processes into an archive");

    public static MetricFamily BackgroundFailures { get; } = Counter(
        FamilySource.Exporter, "gunicorn_exporter_background_failures_total",
        "Failures of background work: accounting for dead workers, folding the files of dead processes, control of forwarders",
        "work");

    public static MetricFamily WorkerRequestSize { get; } = Histogram(
        FamilySource.Worker, SizeBuckets, "gunicorn_worker_request_size_bytes",
        "Size of request bodies, as their Content-Length states it", "worker_id") with
    { IsSummed = true };

    public static MetricFamily WorkerResponseSize { get; } = Histogram(
        FamilySource.Worker, SizeBuckets, "gunicorn_worker_response_size_bytes",
        "Size of response bodies, files sent by the kernel included", "worker_id") with
    { IsSummed = true };

    public static MetricFamily WorkerRequestQueue { get; } = Histogram(
        FamilySource.Worker, LatencyBuckets, "gunicorn_worker_request_queue_seconds",
        "Time from the proxy's X-Request-Start or X-Queue-Start to the parsed request", "worker_id") with
    { IsSummed = true };

    public static MetricFamily WorkerBusy { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_busy_seconds_total", "Requests in flight, integrated over time", "worker_id");

    public static MetricFamily WorkerRequestsInFlight { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_worker_requests_in_flight",
        "Requests that the worker has begun and not finished", "worker_id");

    public static MetricFamily WorkerCapacity { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_worker_capacity",
        "Requests that the worker can have in flight at most", "worker_id");

    public static MetricFamily WorkerOldestRequest { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_worker_oldest_request_seconds",
        "Age of the oldest request in flight, 0 if there is none", "worker_id");

    public static MetricFamily WorkerConnections { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_connections",
        "Connections of a gthread worker: before their request is parsed (reading), waiting for a thread (waiting), with a request "
        + "in a thread (handling), kept alive between two requests (keepalive)", "worker_id", "state");

    public static MetricFamily WorkerConnectionsLimit { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_connections_limit",
        "Connections that a gthread worker accepts at most", "worker_id");

    public static MetricFamily WorkerConnectionsWaitingPeak { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_worker_connections_waiting_peak",
        "Most connections of a gthread worker that waited for a thread at once in the last one to two minutes", "worker_id");

    public static MetricFamily WorkerThreadWait { get; } = Histogram(
        FamilySource.Worker, LatencyBuckets, "gunicorn_worker_thread_wait_seconds",
        "Time that the connection of a request waited for a thread of a gthread worker", "worker_id") with
    { IsSummed = true };

    public static MetricFamily WorkerLoopBusy { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_loop_busy_seconds_total",
        "Time in which the worker's event loop ran or was blocked instead of waiting for events", "worker_id");

    public static MetricFamily WorkerLoopLag { get; } = Histogram(
        FamilySource.Worker, LatencyBuckets, "gunicorn_worker_loop_lag_seconds",
        "How late the worker's event loop ran a timer that is due every half second", "worker_id") with
    { IsSummed = true };

    public static MetricFamily WorkerLoopLagMaximum { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_worker_loop_lag_max_seconds",
        "Largest gunicorn_worker_loop_lag_seconds of the last one to two minutes, including that of a timer that is overdue now",
        "worker_id");

    public static MetricFamily WorkerLoopBlocked { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_loop_blocked_seconds_total",
        "Time in which a request blocked the worker's event loop for more than 0.1 s at once, by route; __unknown__ if it is unknown",
        "worker_id", "endpoint") with
    { IsSummed = true };

    public static MetricFamily WorkerCpuSeconds { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_cpu_seconds_total",
        "Processor time of the worker process, in mode user or system", "worker_id", "mode");

    public static MetricFamily WorkerThreads { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_threads",
        "Threads of the worker process, including one of the exporter's engine", "worker_id");

    public static MetricFamily WorkerOpenFiles { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_open_fds",
        "File descriptors that the worker process has open, updated every 15 seconds", "worker_id");

    public static MetricFamily WorkerMaximumFiles { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_worker_max_fds", "File descriptors that a worker process may have open");

    public static MetricFamily WorkerPageFaults { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_page_faults_total",
        "Page faults of the worker process: without (minor) or with (major) a read from disk", "worker_id", "kind") with
    { IsSummed = true };

    public static MetricFamily WorkerContextSwitches { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_context_switches_total",
        "Times that a thread of the worker process began to wait (voluntary) or was preempted (involuntary)",
        "worker_id", "kind") with
    { IsSummed = true };

    public static MetricFamily WorkerCollections { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_gc_collections_total",
        "Runs of Python's garbage collector, from the moment the worker serves", "worker_id", "generation") with
    { IsSummed = true };

    public static MetricFamily WorkerCollectionSeconds { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_gc_seconds_total",
        "Time spent in Python's garbage collector, during which the worker runs no other Python code", "worker_id", "generation") with
    { IsSummed = true };

    public static MetricFamily WorkerCollectedObjects { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_gc_objects_collected_total",
        "Objects that Python's garbage collector freed", "worker_id", "generation") with
    { IsSummed = true };

    public static MetricFamily WorkerUncollectableObjects { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_gc_objects_uncollectable_total",
        "Objects that Python's garbage collector found unreachable but could not free", "worker_id", "generation") with
    { IsSummed = true };

    public static MetricFamily WorkerStarts { get; } = Counter(
        FamilySource.Worker, "gunicorn_worker_starts_total", "Worker processes that began in this slot", "worker_id");

    public static MetricFamily WorkerProportionalMemory { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_worker_proportional_memory_bytes",
        "Proportional set size: memory of its own and its share of what it shares", "worker_id");

    public static MetricFamily WorkerRequestsLost { get; } = Counter(
        FamilySource.Ledger, "gunicorn_worker_requests_lost_total",
        "Requests in flight when their worker died", "worker_id", "reason") with
    { IsSummed = true };

    public static MetricFamily WorkerExits { get; } = Counter(
        FamilySource.Master, "gunicorn_worker_exits_total", "Worker processes that ended, by cause", "reason");

    public static MetricFamily MasterUptime { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_master_uptime_seconds", "Time since the master process started");

    public static MetricFamily MasterMemory { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_master_memory_bytes", "Resident set of the master process");

    public static MetricFamily MasterCpuSeconds { get; } = Counter(
        FamilySource.Master, "gunicorn_master_cpu_seconds_total",
        "Processor time of the master processes of this run, in mode user or system", "mode");

    public static MetricFamily Saturation { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_saturation_ratio",
        "Highest gunicorn_resource_saturation_ratio: 1 means that further requests wait or are refused");

    public static MetricFamily ResourceSaturation { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_resource_saturation_ratio",
        "Share of a resource that all live workers together used in the last 60 seconds: the time of threads (thread) or of event loops "
        + "(loop), connections inside the workers (queue) or in the accept queues (backlog)", "resource");

    public static MetricFamily ListenerBacklog { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_listener_backlog", "Connections in the accept queue", "listener");

    public static MetricFamily ListenerBacklogLimit { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_listener_backlog_limit",
        "Connections that the accept queue holds at most", "listener");

    public static MetricFamily DirtyWorkers { get; } = Gauge(
        FamilySource.Arbiter, GaugeMode.Sum, "gunicorn_dirty_workers",
        "Dirty workers that the dirty arbiter has to keep running (configured) and that hold a slot (live)", "state");

    public static MetricFamily DirtyWorkerExits { get; } = Counter(
        FamilySource.Arbiter, "gunicorn_dirty_worker_exits_total", "Dirty worker processes that exited, by cause", "reason");

    public static MetricFamily DirtyWorkerRestarts { get; } = Counter(
        FamilySource.Arbiter, "gunicorn_dirty_worker_restarts_total",
        "Dirty worker processes started to replace one that exited");

    public static MetricFamily DirtyArbiterExits { get; } = Counter(
        FamilySource.Arbiter, "gunicorn_dirty_arbiter_exits_total",
        "Dirty arbiter processes that exited and were replaced, by cause", "reason");

    public static MetricFamily DirtyArbiterCpuSeconds { get; } = Counter(
        FamilySource.Arbiter, "gunicorn_dirty_arbiter_cpu_seconds_total",
        "Processor time of the dirty arbiter processes, in mode user or system", "mode");

    public static MetricFamily DirtyArbiterMemory { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_dirty_arbiter_memory_bytes", "Resident set of the dirty arbiter process");

    public static MetricFamily DirtyArbiterUptime { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_dirty_arbiter_uptime_seconds",
        "Time since the dirty arbiter process started");

    public static MetricFamily DirtyTasksAccepted { get; } = Counter(
        FamilySource.Arbiter, "gunicorn_dirty_tasks_accepted_total", "Tasks that the dirty arbiter received");

    public static MetricFamily DirtyTasksQueued { get; } = Gauge(
        FamilySource.Arbiter, GaugeMode.Sum, "gunicorn_dirty_tasks_queued",
        "Tasks that wait in the dirty arbiter for their dirty worker");

    public static MetricFamily DirtyTasksDropped { get; } = Counter(
        FamilySource.Arbiter, "gunicorn_dirty_tasks_dropped_total",
        "Tasks that no dirty worker began, by cause", "reason");

    public static MetricFamily DirtyTasks { get; } = Counter(
        FamilySource.Worker, "gunicorn_dirty_tasks_total",
        "Tasks that dirty workers answered, each exactly once, by outcome", Application, Action, "outcome");

    public static MetricFamily DirtyTaskDuration { get; } = Histogram(
        FamilySource.Worker, TaskBuckets, "gunicorn_dirty_task_duration_seconds",
        "Time from the start of a task in a thread of its dirty worker to the answer", Application, Action);

    public static MetricFamily DirtyTaskQueue { get; } = Histogram(
        FamilySource.Worker, TaskBuckets, "gunicorn_dirty_task_queue_seconds",
        "Time from the arrival of a task at the dirty arbiter to its start in a thread of its dirty worker", "worker_id") with
    { IsSummed = true };

    public static MetricFamily DirtyTasksInFlight { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_dirty_tasks_in_flight",
        "Tasks that dirty workers run, including those that timed out and still run", Application, Action);

    public static MetricFamily DirtyOldestTask { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_dirty_oldest_task_seconds",
        "Age of the oldest task that dirty workers run, 0 if there is none", Application, Action);

    public static MetricFamily DirtyTasksLost { get; } = Counter(
        FamilySource.Ledger, "gunicorn_dirty_tasks_lost_total",
        "Tasks that a dirty worker had begun and not answered when it died", Application, Action, "reason");

    public static MetricFamily DirtyWorkerInfo { get; } = Gauge(
        FamilySource.Worker, GaugeMode.All, "gunicorn_dirty_worker_info",
        "1, labelled with the process that is the dirty worker now", "worker_id", "pid");

    public static MetricFamily DirtyWorkerUptime { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_dirty_worker_uptime_seconds",
        "Time since the dirty worker process started", "worker_id");

    public static MetricFamily DirtyWorkerMemory { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Sum, "gunicorn_dirty_worker_memory_bytes",
        "Resident set of the dirty worker process", "worker_id");

    public static MetricFamily DirtyWorkerCpuSeconds { get; } = Counter(
        FamilySource.Worker, "gunicorn_dirty_worker_cpu_seconds_total",
        "Processor time of the dirty worker process, in mode user or system", "worker_id", "mode");

    public static MetricFamily DirtyWorkerStarts { get; } = Counter(
        FamilySource.Worker, "gunicorn_dirty_worker_starts_total", "Dirty worker processes that began in this slot", "worker_id");

    public static MetricFamily DirtyWorkerThreads { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_dirty_worker_threads",
        "Threads in which the dirty worker runs tasks", "worker_id");

    public static MetricFamily DirtyWorkerBusy { get; } = Counter(
        FamilySource.Worker, "gunicorn_dirty_worker_busy_seconds_total",
        "Tasks that the dirty worker runs, integrated over time", "worker_id");

    public static MetricFamily ListenerBacklogPeak { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_listener_backlog_peak",
        "Longest accept queue in the last 90 seconds, observed once a second", "listener");

    public static MetricFamily RequestsInFlightPeak { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_requests_in_flight_peak",
        "Most requests in flight at once in all workers in the last 90 seconds, observed once a second");

    public static MetricFamily HostListenOverflows { get; } = Counter(
        FamilySource.Exporter, "gunicorn_host_listen_overflows_total",
        "TCP connection attempts that the kernel refused because an accept queue was full, for all programs in the exporter's network "
        + "namespace");

    public static MetricFamily HostListenDrops { get; } = Counter(
        FamilySource.Exporter, "gunicorn_host_listen_drops_total",
        "TCP connection attempts that the kernel refused for any reason, including overflows, for all programs in the exporter's "
        + "network namespace");

    public static MetricFamily InvalidQueueHeaders { get; } = Counter(
        FamilySource.Worker, "gunicorn_exporter_invalid_queue_headers_total",
        "X-Request-Start and X-Queue-Start headers ignored because they hold no time, one in the future or one of over an hour ago");

    public static MetricFamily InvalidContentLengths { get; } = Counter(
        FamilySource.Worker, "gunicorn_exporter_invalid_content_lengths_total",
        "Content-Length headers ignored because they hold no number or more than 1 TiB");

    /// <summary>The label value of <see cref="LabelOverflow"/> for the limit on a worker's series.</summary>
    public const string SeriesOverflow = "series";

    /// <summary>The label values of <see cref="LabelOverflow"/> that exist from the start.</summary>
    public static ImmutableArray<string> OverflowLabels { get; } = ["endpoint", "error_type", SeriesOverflow];

    public static MetricFamily LabelOverflow { get; } = Counter(
        FamilySource.Worker, "gunicorn_exporter_label_overflow_total",
        "Recordings under __other__ because the label already had as many values as allowed, or the worker as many series (series)",
        "label");

    public static MetricFamily Dropped { get; } = Counter(
        FamilySource.Worker, "gunicorn_exporter_dropped_total",
        "Recordings dropped because of a fault of the exporter or a full store");

    public static MetricFamily ScrapeDuration { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_exporter_scrape_duration_seconds",
        "Time that reading and merging the store took at this scrape");

    public static MetricFamily StoreFiles { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_exporter_store_files", "Store files read at this scrape");

    public static MetricFamily StoreBytes { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "gunicorn_exporter_store_bytes",
        "Bytes in use in the store files read at this scrape");

    public static MetricFamily ConfigReloadSuccessful { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "gunicorn_exporter_config_last_reload_successful",
        "1 if the last reload of the configuration succeeded, else 0 while an earlier one is in force");

    public static MetricFamily ConfigReloadTime { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "gunicorn_exporter_config_last_reload_success_timestamp_seconds",
        "Unix time at which the configuration in force was read");

    public static MetricFamily ForwarderSnapshots { get; } = Counter(
        FamilySource.Exporter, "gunicorn_exporter_forwarder_snapshots_total",
        "Snapshots that arrived (sent), attempts that failed (failed) and snapshots given up (dropped)", "forwarder", "outcome");

    public static MetricFamily ForwarderBytes { get; } = Counter(
        FamilySource.Exporter, "gunicorn_exporter_forwarder_sent_bytes_total", "Bytes that the forwarder sent", "forwarder");

    public static MetricFamily ForwarderUp { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "gunicorn_exporter_forwarder_up",
        "1 while the forwarder runs and its last attempt did not fail, else 0", "forwarder");

    public static MetricFamily ForwarderLastSuccess { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "gunicorn_exporter_forwarder_last_success_timestamp_seconds",
        "Unix time at which a snapshot last arrived", "forwarder");

    public static MetricFamily ForwarderLag { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Max, "gunicorn_exporter_forwarder_lag_seconds",
        "Age of the oldest snapshot that has not arrived, 0 if the last one has", "forwarder");

    public static MetricFamily ProcessCpuSeconds { get; } = Counter(
        FamilySource.Exporter, "process_cpu_seconds_total", "Processor time of the exporter, user and system");

    public static MetricFamily ProcessResidentMemory { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "process_resident_memory_bytes", "Resident set of the exporter");

    public static MetricFamily ProcessVirtualMemory { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "process_virtual_memory_bytes", "Address space of the exporter");

    public static MetricFamily ProcessMaximumVirtualMemory { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "process_virtual_memory_max_bytes",
        "Address space that the exporter may use; 2^64 - 1 if it is unlimited");

    public static MetricFamily ProcessStartTime { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.All, "process_start_time_seconds", "Unix time at which the exporter started");

    public static MetricFamily ProcessOpenFiles { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "process_open_fds", "File descriptors that the exporter has open");

    public static MetricFamily ProcessMaximumFiles { get; } = Gauge(
        FamilySource.Exporter, GaugeMode.Sum, "process_max_fds", "File descriptors that the exporter may have open");

    public static MetricFamily HubHosts { get; } = Gauge(
        FamilySource.Hub, GaugeMode.All, "gunicorn_hub_hosts", "Hosts whose snapshots the hub serves");

    public static MetricFamily HubMembers { get; } = Gauge(
        FamilySource.Hub, GaugeMode.All, "gunicorn_hub_members", "Hubs that share the hosts, including this one");

    public static MetricFamily HubHostAge { get; } = Gauge(
        FamilySource.Hub, GaugeMode.All, "gunicorn_hub_host_age_seconds",
        "Time since the host left its newest snapshot", "instance");

    public static MetricFamily HubSkippedEntries { get; } = Gauge(
        FamilySource.Hub, GaugeMode.All, "gunicorn_hub_skipped_entries",
        "Entries that were skipped at this scrape: what others wrote (foreign), and what this version cannot read (unreadable)",
        "reason");

    public static MetricFamily HubSourceUp { get; } = Gauge(
        FamilySource.Hub, GaugeMode.All, "gunicorn_hub_source_up",
        "1 if the hub could read the hosts' snapshots at this scrape, else 0");

    public static MetricFamily HubSourceErrors { get; } = Counter(
        FamilySource.Hub, "gunicorn_hub_source_errors_total", "Scrapes at which the hub could not read the hosts' snapshots");

    public static MetricFamily HubReadDuration { get; } = Gauge(
        FamilySource.Hub, GaugeMode.All, "gunicorn_hub_read_duration_seconds",
        "Time that reading the hosts' snapshots took at this scrape");

    public static MetricFamily LegacyWorkerRestarts { get; } = Counter(
        FamilySource.Legacy, "gunicorn_worker_restart_total", "Legacy: gunicorn_worker_exits_total", "worker_id", "reason");

    public static MetricFamily LegacyWorkerRestartCount { get; } = Counter(
        FamilySource.Legacy, "gunicorn_worker_restart_count_total",
        "Legacy: gunicorn_worker_exits_total", "worker_id", "restart_type", "reason");

    public static MetricFamily LegacyMasterRestarts { get; } = Counter(
        FamilySource.Legacy, "gunicorn_master_worker_restart_total", "Legacy: gunicorn_master_signals_total", "reason");

    public static MetricFamily LegacyMasterRestartCount { get; } = Counter(
        FamilySource.Legacy, "gunicorn_master_worker_restart_count_total",
        "Legacy: gunicorn_worker_exits_total", "worker_id", "reason", "restart_type");

    public static MetricFamily LegacySidecarUptime { get; } = Gauge(
        FamilySource.Legacy, GaugeMode.All, "gunicorn_sidecar_uptime_seconds",
        "Legacy: time since process_start_time_seconds");

    public static MetricFamily LegacySidecarBytes { get; } = Gauge(
        FamilySource.Legacy, GaugeMode.Sum, "gunicorn_sidecar_multiproc_dir_size_bytes", "Legacy: gunicorn_exporter_store_bytes");

    public static MetricFamily LegacySidecarFiles { get; } = Gauge(
        FamilySource.Legacy, GaugeMode.Sum, "gunicorn_sidecar_multiproc_files_count", "Legacy: gunicorn_exporter_store_files");

    public static MetricFamily LegacySidecarRedis { get; } = Gauge(
        FamilySource.Legacy, GaugeMode.All, "gunicorn_sidecar_redis_connected", "Legacy: gunicorn_exporter_forwarder_up of redis");

    /// <summary>A listening socket of a live worker.</summary>
    public static MetricFamily ListenerSocket { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_exporter_listener_socket",
        "1, labelled with the inode of a listening socket of a worker", "inode");

    /// <summary>The bounds with which a live worker records.</summary>
    public static MetricFamily HistogramLayout { get; } = Gauge(
        FamilySource.Worker, GaugeMode.Max, "gunicorn_exporter_histogram_layout",
        "1, labelled with the bounds of the buckets with which a worker records", "latency", "size");

    /// <summary>One entry for each combination of extra labels that a worker recorded, with these labels.</summary>
    public static MetricFamily ExtraLabels { get; } = Counter(
        FamilySource.Worker, "gunicorn_exporter_extra_labels_total", "0, labelled with values of GUNICORN_EXPORTER_EXTRA_LABELS");

    /// <summary>The families for readers of the store, which are not exposed.</summary>
    public static ImmutableArray<MetricFamily> Hidden { get; } = [HistogramLayout, ListenerSocket, ExtraLabels];

    /// <summary>Every family that is exposed, in the order in which an exposition lists them.</summary>
    public static ImmutableArray<MetricFamily> All { get; } =
    [
        Up, Workers, MasterWorkerRestarts, MasterSignals,
        WorkerExits, MasterUptime, MasterMemory, MasterCpuSeconds, ListenerBacklog, ListenerBacklogLimit,
        ListenerBacklogPeak, HostListenOverflows, HostListenDrops, Saturation, ResourceSaturation,
        WorkerInfo, WorkerState, WorkerStateChangeTimestamp, WorkerUptime, WorkerStarts,
        WorkerMemory, WorkerProportionalMemory, WorkerCpu, WorkerCpuSeconds,
        WorkerThreads, WorkerOpenFiles, WorkerMaximumFiles, WorkerPageFaults, WorkerContextSwitches,
        WorkerCollections, WorkerCollectionSeconds, WorkerCollectedObjects, WorkerUncollectableObjects,
        WorkerCapacity, WorkerRequestsInFlight, RequestsInFlightPeak, WorkerOldestRequest, WorkerBusy,
        WorkerConnections, WorkerConnectionsLimit, WorkerConnectionsWaitingPeak, WorkerThreadWait,
        WorkerLoopBusy, WorkerLoopLag, WorkerLoopLagMaximum, WorkerLoopBlocked,
        WorkerRequests, WorkerRequestDuration, WorkerFailedRequests, WorkerErrorHandling, WorkerRequestsLost,
        WorkerRequestSize, WorkerResponseSize, WorkerRequestQueue,
        HttpRequests, HttpRequestDuration, SlowRequests, SlowRequestsInFlight, TimeToFirstByte, RouteMemoryGrowth,
        WebSocketsOpened, WebSocketsRejected, WebSocketsOpen, WebSocketsClosed, WebSocketsLost, WebSocketDuration,
        WebSocketMessages, WebSocketBytes,
        DirtyWorkers, DirtyWorkerExits, DirtyWorkerRestarts,
        DirtyArbiterExits, DirtyArbiterUptime, DirtyArbiterMemory, DirtyArbiterCpuSeconds,
        DirtyWorkerInfo, DirtyWorkerUptime, DirtyWorkerStarts, DirtyWorkerMemory, DirtyWorkerCpuSeconds,
        DirtyWorkerThreads, DirtyWorkerBusy,
        DirtyTasksAccepted, DirtyTasksQueued, DirtyTasksDropped, DirtyTasks, DirtyTaskDuration, DirtyTaskQueue,
        DirtyTasksInFlight, DirtyOldestTask, DirtyTasksLost,
        BuildInfo, ScrapeDuration, StoreFiles, StoreBytes, CorruptFiles, SeriesDropped, Compactions, BackgroundFailures,
        LabelOverflow, Dropped, InvalidQueueHeaders, InvalidContentLengths, ConfigReloadSuccessful, ConfigReloadTime,
        ForwarderUp, ForwarderLastSuccess, ForwarderLag, ForwarderSnapshots, ForwarderBytes,
        ProcessCpuSeconds, ProcessResidentMemory, ProcessVirtualMemory, ProcessMaximumVirtualMemory, ProcessStartTime,
        ProcessOpenFiles, ProcessMaximumFiles,
        HubHosts, HubMembers, HubHostAge, HubSkippedEntries, HubSourceUp, HubSourceErrors, HubReadDuration,
        LegacyWorkerRestarts, LegacyWorkerRestartCount, LegacyMasterRestarts, LegacyMasterRestartCount,
        LegacySidecarUptime, LegacySidecarBytes, LegacySidecarFiles, LegacySidecarRedis,
    ];

    private static MetricFamily Counter(FamilySource source, string name, string help, params ImmutableArray<string> labels) =>
        new() { Name = name, Type = MetricType.Counter, Source = source, Labels = labels, Help = help };

    private static MetricFamily Gauge(
        FamilySource source, GaugeMode hostMode, string name, string help, params ImmutableArray<string> labels) =>
        new() { Name = name, Type = MetricType.Gauge, Source = source, HostMode = hostMode, Labels = labels, Help = help };

    private static MetricFamily Histogram(
        FamilySource source, ImmutableArray<double> buckets, string name, string help, params ImmutableArray<string> labels) =>
        new() { Name = name, Type = MetricType.Histogram, Source = source, Buckets = buckets, Labels = labels, Help = help };

    /// <summary>A histogram with exemplars and, if they are enabled, native histograms.</summary>
    private static MetricFamily DetailedHistogram(
        FamilySource source, ImmutableArray<double> buckets, string name, string help, params ImmutableArray<string> labels) =>
        Histogram(source, buckets, name, help, labels) with { HasDetails = true };
}

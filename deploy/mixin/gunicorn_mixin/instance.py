"""The dashboard of one server."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, WINDOW, Row, dashboard
from gunicorn_mixin.panels import Panel, Query, heatmap, rising, series, table
from gunicorn_mixin.shared_panels import LATENCY, exits, exporter, lost, now

BY = "worker_id"
LEGEND = "{{worker_id}}"


def instance() -> dict[str, Any]:
    """Returns the dashboard."""
    return dashboard("instance", "One Gunicorn: its traffic, its workers, its master and its exporter.", [
        Row("Now", now()),
        Row("Traffic", _traffic()),
        Row("Saturation", _saturation()),
        Row("WebSockets and optional metrics", _optional(), is_collapsed=True),
        Row("Workers", _workers()),
        Row("Python runtime", _runtime(), is_collapsed=True),
        Row("Master", _master()),
        Row("Dirty workers", _dirty_workers(), is_collapsed=True),
        Row("Exporter", exporter("instance", "{{instance}}")),
    ], several=False)


def _quantiles(title: str, unit: str, description: str, histogram: str) -> Panel:
    return series(title, unit, description, *(
        Query(e.quantile(q, histogram, "", WINDOW, CHOSEN), f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99)))


def _traffic() -> list[Panel]:
    return [
        series("Requests", "reqps", "Requests per second, by status.",
               Query(e.rate("gunicorn_http_requests_total", "status_code", WINDOW, CHOSEN), "{{status_code}}"), stacked=True),
        series("Errors", "percentunit", "Share of requests that were answered with 5xx or lost with their worker.",
               Query(e.error_ratio("instance", WINDOW, CHOSEN), "errors"), thresholds=rising(e.ERROR_BUDGET, 14.4 * e.ERROR_BUDGET)),
        series("Exceptions", "short", "Exceptions per second that reached the worker, by type.",
               Query(e.rate("gunicorn_worker_error_handling_total", "error_type", WINDOW, CHOSEN), "{{error_type}}"), stacked=True),
        _quantiles("Latency", "s", "Time from the parsed request to the finished response.", LATENCY),
        heatmap("Latency, all requests", "s", "How many requests a second took how long.",
                e.rate(f"{LATENCY}_bucket", "le", WINDOW, CHOSEN), width=16),
        _quantiles("Request size", "bytes", "Bodies of requests, as their Content-Length states it.", "gunicorn_worker_request_size_bytes"),
        _quantiles("Response size", "bytes", "Bodies of responses.", "gunicorn_worker_response_size_bytes"),
        series("Balance", "reqps", "Requests per second, by worker.",
               Query(e.rate("gunicorn_worker_requests_total", BY, WINDOW, CHOSEN), LEGEND), stacked=True),
    ]


def _saturation() -> list[Panel]:
    return [
        series("Saturation", "percentunit", "Share of each resource that was in use in the last minute: threads, event loops, connections "
               "inside the workers, and accept queues.",
               Query(f"max by (resource) ({e.select('gunicorn_resource_saturation_ratio', CHOSEN)})", "{{resource}}"), limit=1,
               thresholds=rising(0.7, 0.85)),
        series("Utilisation", "percentunit", "Busy share of each worker: of its event loop if it has one, else of its capacity.",
               Query(e.utilisation(BY, WINDOW, CHOSEN), LEGEND), limit=1, thresholds=rising(0.7, 0.85)),
        series("In flight", "short", "Requests in flight, and the maximum.",
               Query(e.total("gunicorn_worker_requests_in_flight", "instance", CHOSEN), "in flight"),
               Query(e.total("gunicorn_requests_in_flight_peak", "instance", CHOSEN), "peak of 90s"),
               Query(e.total("gunicorn_worker_capacity", "instance", CHOSEN), "capacity")),
        series("Connections of threads", "short", "Connections of gthread workers by state, and the maximum.",
               Query(e.total("gunicorn_worker_connections", "state", CHOSEN), "{{state}}"),
               Query(e.total("gunicorn_worker_connections_limit", "", CHOSEN), "limit")),
        _quantiles("Wait for a thread", "s", "Time that requests waited for a thread of a gthread worker.",
                   "gunicorn_worker_thread_wait_seconds"),
        series("Lag of event loops", "s", "Largest delay of a timer in the event loop of each worker, in the last one to two minutes.",
               Query(f"max by ({BY}) ({e.select('gunicorn_worker_loop_lag_max_seconds', CHOSEN)})", LEGEND), thresholds=rising(0.1, 1)),
        series("Blocked event loops", "percentunit", "Share of time in which requests blocked the event loop for more than 0.1 s at once, "
               "by route.",
               Query(e.rate("gunicorn_worker_loop_blocked_seconds_total", "endpoint", WINDOW, CHOSEN), "{{endpoint}}"), stacked=True),
        series("Oldest request", "s", "Age of each worker's oldest request in flight; Gunicorn's default timeout is 30s.",
               Query(f"max by ({BY}) ({e.select('gunicorn_worker_oldest_request_seconds', CHOSEN)})", LEGEND),
               thresholds=rising(10, 20)),
        series("Accept queue", "short", "Connections that no worker has accepted yet, and the maximum.",
               Query(e.total("gunicorn_listener_backlog", "listener", CHOSEN), "{{listener}}"),
               Query(e.total("gunicorn_listener_backlog_peak", "listener", CHOSEN), "{{listener}}, peak of 90s"),
               Query(e.total("gunicorn_listener_backlog_limit", "listener", CHOSEN), "{{listener}}, limit")),
        series("Refused connections", "short", "TCP connections that the kernel refused because an accept queue was full, and for any "
               "reason, for all programs in the exporter's network namespace.",
               Query(e.gained("gunicorn_host_listen_overflows_total", "", WINDOW, CHOSEN), "accept queue full"),
               Query(e.gained("gunicorn_host_listen_drops_total", "", WINDOW, CHOSEN), "all"), bars=True),
        series("Time in the proxy's queue", "s", "Time from the proxy's X-Request-Start to the parsed request; without that header "
               "there is no data.",
               *(Query(e.quantile(q, "gunicorn_worker_request_queue_seconds", "", WINDOW, CHOSEN), f"p{q * 100:.0f}")
                 for q in (0.5, 0.95))),
    ]


def _optional() -> list[Panel]:
    def by_route(name: str) -> Query:
        return Query(e.rate(f"gunicorn_websocket_{name}_total", "endpoint", WINDOW, CHOSEN), f"{{{{endpoint}}}} {name}")

    def directions(name: str) -> Query:
        return Query(e.rate(f"gunicorn_websocket_{name}_total", "direction", WINDOW, CHOSEN), "{{direction}}")

    return [
        series("Open WebSockets", "short", "WebSockets that are open, by route.",
               Query(e.total("gunicorn_websocket_open", "endpoint", CHOSEN), "{{endpoint}}"), stacked=True),
        series("Handshakes", "ops", "WebSockets per second that were opened, and handshakes that were rejected, by route.",
               by_route("opened"), by_route("rejected")),
        series("Closed WebSockets", "short", "WebSockets that were closed, by code of RFC 6455, and those that died with their worker.",
               Query(e.gained("gunicorn_websocket_closed_total", "code", WINDOW, CHOSEN), "{{code}}"),
               Query(e.gained("gunicorn_websocket_lost_total", "", WINDOW, CHOSEN), "lost"), stacked=True, bars=True),
        _quantiles("WebSocket duration", "s", "Time from the accepted handshake of a WebSocket to its end.",
                   "gunicorn_websocket_duration_seconds"),
        series("Messages", "ops", "Messages per second that the application received or sent.", directions("messages"), width=8),
        series("Bytes of messages", "Bps", "Bytes per second of these messages, before compression.", directions("bytes"), width=8),
        series("Time to first byte", "s", "The 95th percentile of the time from the parsed request to the beginning of the response, by "
               "route; without GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE there is no data.",
               Query(e.quantile(0.95, "gunicorn_http_time_to_first_byte_seconds", "endpoint", WINDOW, CHOSEN), "{{endpoint}}"), width=12),
        series("Memory per request", "bytes", "What a request adds to the resident set of its worker, at least, by route: more than 0 is a "
               "leak. Without GUNICORN_EXPORTER_ROUTE_MEMORY there is no data.",
               Query(f"topk(10, max by (endpoint) ({e.select('gunicorn_route_memory_growth_bytes', CHOSEN)}))", "{{endpoint}}"), width=12),
    ]


def _workers() -> list[Panel]:
    def each(name: str) -> Query:
        return Query(e.total(name, BY, CHOSEN), LEGEND)

    return [
        series("Workers", "short", "Configured and live workers.",
               Query(e.total("gunicorn_workers", "state", CHOSEN), "{{state}}")),
        series("States", "short", "Workers in each state.",
               Query(e.total("gunicorn_worker_state", "state", CHOSEN), "{{state}}"), stacked=True),
        exits(),
        lost(),
        series("Memory", "bytes", "Proportional set size: private memory of a worker plus its share of shared memory.",
               each("gunicorn_worker_proportional_memory_bytes"), stacked=True),
        series("CPU", "percentunit", "Processor time of each worker, as a share of one core.",
               Query(e.rate("gunicorn_worker_cpu_seconds_total", BY, WINDOW, CHOSEN), LEGEND)),
        series("Age", "s", "Time since each worker process started.", each("gunicorn_worker_uptime_seconds")),
        table("Processes", "Which process is which worker, and for how long.",
              {"worker_id": "Worker", "pid": "PID", "worker_class": "Class", "python": "Python", "gunicorn": "Gunicorn"},
              Query(
                  f"max by (worker_id, pid, worker_class, python, gunicorn) ({e.select('gunicorn_worker_info', CHOSEN)})"
                  f" * on (worker_id) group_left () max by (worker_id) ({e.select('gunicorn_worker_uptime_seconds', CHOSEN)})", "Age", "s"),
              width=16),
    ]


def _runtime() -> list[Panel]:
    def rates(name: str, by: str) -> Query:
        return Query(e.rate(name, by, WINDOW, CHOSEN), f"{{{{{by}}}}}")

    return [
        series("Garbage collection", "percentunit", "Time that workers spend in Python's garbage collector, as a share of one core.",
               rates("gunicorn_worker_gc_seconds_total", "generation"), stacked=True),
        series("Time of a collection", "s", "Mean time of a garbage collection, during which the worker runs no other Python code.",
               Query(f'{e.rate("gunicorn_worker_gc_seconds_total", "generation", WINDOW, CHOSEN)}'
                     f' / {e.rate("gunicorn_worker_gc_collections_total", "generation", WINDOW, CHOSEN)}', "{{generation}}")),
        series("Collected objects", "short", "Objects per second that the garbage collector freed.",
               rates("gunicorn_worker_gc_objects_collected_total", "generation"), stacked=True),
        series("Threads", "short", "Threads of each worker, including one of the exporter's engine.",
               Query(e.total("gunicorn_worker_threads", BY, CHOSEN), LEGEND), width=6),
        series("Descriptors", "short", "File descriptors that each worker has open, and the maximum.",
               Query(e.total("gunicorn_worker_open_fds", BY, CHOSEN), LEGEND),
               Query(f'max({e.select("gunicorn_worker_max_fds", CHOSEN)})', "maximum"), width=6),
        series("Page faults", "short", "Page faults per second of all workers; major ones wait for a disk.",
               rates("gunicorn_worker_page_faults_total", "kind"), width=6),
        series("Context switches", "short", "Times per second that a thread of a worker began to wait (voluntary) or was preempted "
               "(involuntary).", rates("gunicorn_worker_context_switches_total", "kind"), width=6),
    ]


def _master() -> list[Panel]:
    return [
        series("Master memory", "bytes", "Resident set of the master process.",
               Query(e.total("gunicorn_master_memory_bytes", "instance", CHOSEN), "resident"), width=6),
        series("Master CPU", "percentunit", "Processor time of the master, as a share of one core.",
               Query(e.rate("gunicorn_master_cpu_seconds_total", "mode", WINDOW, CHOSEN), "{{mode}}"), stacked=True, width=6),
        series("Master age", "s", "Time since the master process started.",
               Query(f"max({e.select('gunicorn_master_uptime_seconds', CHOSEN)})", "age"), width=6),
        series("Signals", "short", "Signals that the master handled: hup is a reload, ttin and ttou change the number of workers.",
               Query(e.gained("gunicorn_master_signals_total", "signal", WINDOW, CHOSEN), "{{signal}}"), stacked=True, bars=True, width=6),
    ]


def _dirty_workers() -> list[Panel]:
    tasks, waits = "gunicorn_dirty_task_duration_seconds", "gunicorn_dirty_task_queue_seconds"
    return [
        series("Tasks", "ops", "Tasks per second that dirty workers answered, by action and outcome.",
               Query(e.rate("gunicorn_dirty_tasks_total", "action, outcome", WINDOW, CHOSEN), "{{action}} {{outcome}}"), stacked=True),
        series("Task duration", "s", "The 95th percentile of the time from the start of a task to its answer, by action.",
               Query(e.quantile(0.95, tasks, "action", WINDOW, CHOSEN), "{{action}}")),
        series("Task queue", "s", "Time from the arrival of a task at the dirty arbiter to its start.", *(
            Query(e.quantile(q, waits, "", WINDOW, CHOSEN), f"p{q * 100:.0f}") for q in (0.5, 0.95))),
        series("Tasks that wait and run", "short", "Tasks that wait in the dirty arbiter, and tasks that run, by action.",
               Query(e.total("gunicorn_dirty_tasks_queued", "instance", CHOSEN), "waiting"),
               Query(e.total("gunicorn_dirty_tasks_in_flight", "action", CHOSEN), "{{action}}"), stacked=True),
        series("Oldest task", "s", "Age of the oldest task that runs, by action.",
               Query(f"max by (action) ({e.select('gunicorn_dirty_oldest_task_seconds', CHOSEN)})", "{{action}}")),
        series("Dirty workers", "short", "Configured and live dirty workers. Gunicorn leaves those of a killed dirty arbiter behind.",
               Query(e.total("gunicorn_dirty_workers", "state", CHOSEN), "{{state}}")),
        series("Utilisation of dirty workers", "percentunit", "Share of the time in which each dirty worker runs a task.",
               Query(e.rate("gunicorn_dirty_worker_busy_seconds_total", BY, WINDOW, CHOSEN), LEGEND), limit=1),
        series("Memory of dirty workers", "bytes", "Resident set of each dirty worker.",
               Query(e.total("gunicorn_dirty_worker_memory_bytes", BY, CHOSEN), LEGEND)),
        series("Exits and tasks without an answer", "short",
               "Dirty workers that exited, and tasks that were lost with them or that none began.",
               Query(e.gained("gunicorn_dirty_worker_exits_total", "reason", WINDOW, CHOSEN), "exits: {{reason}}"),
               Query(e.gained("gunicorn_dirty_tasks_lost_total", "reason", WINDOW, CHOSEN), "lost: {{reason}}"),
               Query(e.gained("gunicorn_dirty_tasks_dropped_total", "reason", WINDOW, CHOSEN), "dropped: {{reason}}"), bars=True),
    ]

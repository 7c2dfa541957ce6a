"""The dashboard of one server."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import (
    CHOSEN,
    CHOSEN_WORKERS,
    ROUTE,
    ROUTE_LEGEND,
    WINDOW,
    Row,
    dashboard,
    route_label_variable,
    worker_variable,
)
from gunicorn_mixin.panels import Panel, Query, heatmap, rising, series, table, with_runbook
from gunicorn_mixin.shared_panels import (
    LATENCY,
    accept_queue,
    exits,
    firing,
    log_lines,
    log_variables,
    lost,
    now,
    oldest_request,
    quantiles,
    saturation,
    signals,
    utilisation,
)

BY = "worker_id"
LEGEND = "{{worker_id}}"


def instance() -> dict[str, Any]:
    """Returns the dashboard."""
    return dashboard("instance", "Instance", "One Gunicorn: its traffic, its workers and its master.", [
        Row("Now", now()),
        firing(),
        Row("Traffic", _traffic()),
        Row("Saturation", _saturation()),
        Row("Workers", _workers()),
        Row("Master", _master()),
        Row("WebSockets and optional metrics", _optional(), is_collapsed=True),
        log_lines(),
    ], [worker_variable(), route_label_variable(), *log_variables()], several=False)


def _traffic() -> list[Panel]:
    return [
        series("Requests", "reqps", "Requests per second, by status.",
               Query(e.rate("gunicorn_http_requests_total", "status_code", WINDOW, CHOSEN), "{{status_code}}"), stacked=True),
        with_runbook(
            series("Errors", "percentunit", "Share of requests that were answered with 5xx or lost with their worker.",
                   Query(e.error_ratio("instance", WINDOW, CHOSEN), "errors"),
                   thresholds=rising(e.ERROR_BUDGET, 14.4 * e.ERROR_BUDGET)), "GunicornErrorBudgetBurnFast"),
        series("Exceptions", "short", "Exceptions per second that reached the worker, by type.",
               Query(e.rate("gunicorn_worker_error_handling_total", "error_type", WINDOW, CHOSEN), "{{error_type}}"), stacked=True),
        quantiles("Latency", "s", "Time from the parsed request to the finished response.", LATENCY),
        heatmap("Latency, all requests", "s", "How many requests a second took how long.",
                e.rate(f"{LATENCY}_bucket", "le", WINDOW, CHOSEN), width=16),
        quantiles("Request size", "bytes", "Bodies of requests, as their Content-Length states it.", "gunicorn_worker_request_size_bytes"),
        quantiles("Response size", "bytes", "Bodies of responses.", "gunicorn_worker_response_size_bytes"),
        series("Balance", "reqps", "Requests per second, by worker.",
               Query(e.rate("gunicorn_worker_requests_total", BY, WINDOW, CHOSEN_WORKERS), LEGEND), stacked=True),
    ]


def _saturation() -> list[Panel]:
    return [
        saturation("resource", "{{resource}}"),
        utilisation(BY, LEGEND, CHOSEN_WORKERS),
        series("In flight", "short", "Requests in flight, and the maximum.",
               Query(e.total("gunicorn_worker_requests_in_flight", "instance", CHOSEN), "in flight"),
               Query(e.total("gunicorn_requests_in_flight_peak", "instance", CHOSEN), "peak of 90s"),
               Query(e.total("gunicorn_worker_capacity", "instance", CHOSEN), "capacity")),
        oldest_request(BY, LEGEND, CHOSEN_WORKERS),
        accept_queue(),
        series("Blocked event loops", "percentunit", "Share of time in which requests blocked the event loop for more than 0.1 s at once, "
               "by route; without event loops there is no data.",
               Query(e.rate("gunicorn_worker_loop_blocked_seconds_total", ROUTE, WINDOW, CHOSEN_WORKERS), ROUTE_LEGEND), stacked=True),
    ]


def _optional() -> list[Panel]:
    def by_route(name: str) -> Query:
        return Query(e.rate(f"gunicorn_websocket_{name}_total", ROUTE, WINDOW, CHOSEN), f"{ROUTE_LEGEND} {name}")

    def directions(name: str) -> Query:
        return Query(e.rate(f"gunicorn_websocket_{name}_total", "direction", WINDOW, CHOSEN), "{{direction}}")

    return [
        series("Open WebSockets", "short", "WebSockets that are open, by route.",
               Query(e.total("gunicorn_websocket_open", ROUTE, CHOSEN), ROUTE_LEGEND), stacked=True),
        series("Handshakes", "ops", "WebSockets per second that were opened, and handshakes that were rejected, by route.",
               by_route("opened"), by_route("rejected")),
        series("Closed WebSockets", "short", "WebSockets that were closed, by code of RFC 6455, and those that died with their worker.",
               Query(e.gained("gunicorn_websocket_closed_total", "code", WINDOW, CHOSEN), "{{code}}"),
               Query(e.gained("gunicorn_websocket_lost_total", "", WINDOW, CHOSEN), "lost"), stacked=True, bars=True),
        quantiles("WebSocket duration", "s", "Time from the accepted handshake of a WebSocket to its end.",
                  "gunicorn_websocket_duration_seconds"),
        series("Messages", "ops", "Messages per second that the application received or sent.", directions("messages"), width=8),
        series("Bytes of messages", "Bps", "Bytes per second of these messages, before compression.", directions("bytes"), width=8),
        series("Time to first byte", "s", "The 95th percentile of the time from the parsed request to the beginning of the response, by "
               "route; without GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE there is no data.",
               Query(e.quantile(0.95, "gunicorn_http_time_to_first_byte_seconds", ROUTE, WINDOW, CHOSEN), ROUTE_LEGEND), width=12),
        series("Memory per request", "bytes", "What a request adds to the resident set of its worker, at least, by route: more than 0 is a "
               "leak. Without GUNICORN_EXPORTER_ROUTE_MEMORY there is no data.",
               Query(f"topk(10, max by ({ROUTE}) ({e.select('gunicorn_route_memory_growth_bytes', CHOSEN)}))", ROUTE_LEGEND), width=12),
    ]


def _workers() -> list[Panel]:
    def each(name: str) -> Query:
        return Query(e.total(name, BY, CHOSEN_WORKERS), LEGEND)

    return [
        with_runbook(
            series("Workers", "short", "Configured and live workers.",
                   Query(e.total("gunicorn_workers", "state", CHOSEN), "{{state}}")), "GunicornWorkersMissing"),
        series("States", "short", "Workers in each state.",
               Query(e.total("gunicorn_worker_state", "state", CHOSEN_WORKERS), "{{state}}"), stacked=True),
        exits(),
        lost(),
        with_runbook(
            series("Memory", "bytes", "Proportional set size: private memory of a worker plus its share of shared memory.",
                   each("gunicorn_worker_proportional_memory_bytes"), stacked=True), "GunicornWorkerMemoryGrowing"),
        series("CPU", "percentunit", "Processor time of each worker, as a share of one core.",
               Query(e.rate("gunicorn_worker_cpu_seconds_total", BY, WINDOW, CHOSEN_WORKERS), LEGEND)),
        series("Age", "s", "Time since each worker process started.", each("gunicorn_worker_uptime_seconds")),
        table("Processes", "Which process is which worker, and for how long.",
              {"worker_id": "Worker", "pid": "PID", "worker_class": "Class", "python": "Python", "gunicorn": "Gunicorn"},
              Query(
                  f"max by (worker_id, pid, worker_class, python, gunicorn) ({e.select('gunicorn_worker_info', CHOSEN_WORKERS)})"
                  " * on (worker_id) group_left ()"
                  f" max by (worker_id) ({e.select('gunicorn_worker_uptime_seconds', CHOSEN_WORKERS)})", "Age", "s"),
              width=16),
    ]


def _master() -> list[Panel]:
    return [
        series("Master memory", "bytes", "Resident set of the master process.",
               Query(e.total("gunicorn_master_memory_bytes", "instance", CHOSEN), "resident"), width=6),
        series("Master CPU", "percentunit", "Processor time of the master, as a share of one core.",
               Query(e.rate("gunicorn_master_cpu_seconds_total", "mode", WINDOW, CHOSEN), "{{mode}}"), stacked=True, width=6),
        series("Master age", "s", "Time since the master process started.",
               Query(f"max({e.select('gunicorn_master_uptime_seconds', CHOSEN)})", "age"), width=6),
        signals(width=6),
    ]

"""The dashboard of how full servers and workers are, and what waits."""

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
from gunicorn_mixin.panels import Query, heatmap, rising, series, with_runbook
from gunicorn_mixin.shared_panels import accept_queue, oldest_request, quantiles, saturation, utilisation

BY = "instance, worker_id"
LEGEND = "{{instance}} {{worker_id}}"


def saturation_dashboard() -> dict[str, Any]:
    """Returns the dashboard."""
    return dashboard("saturation", "Saturation", "How full servers and workers are, and where requests wait.", [
        Row("Servers", [
            saturation("instance, resource", "{{instance}} {{resource}}", width=12),
            series("In flight", "short", "Requests in flight, and the maximum.",
                   Query(e.total("gunicorn_worker_requests_in_flight", "instance", CHOSEN), "{{instance}} in flight"),
                   Query(e.total("gunicorn_requests_in_flight_peak", "instance", CHOSEN), "{{instance}} peak of 90s"),
                   Query(e.total("gunicorn_worker_capacity", "instance", CHOSEN), "{{instance}} capacity"), width=12),
        ]),
        Row("Workers", [
            utilisation(BY, LEGEND, CHOSEN_WORKERS),
            oldest_request(BY, LEGEND, CHOSEN_WORKERS),
            series("In flight by worker", "short", "Requests in flight of each worker.",
                   Query(e.total("gunicorn_worker_requests_in_flight", BY, CHOSEN_WORKERS), LEGEND)),
        ]),
        Row("Accept queues", [
            accept_queue(),
            with_runbook(
                series("Refused connections", "short", "TCP connections that the kernel refused because an accept queue was full, and for "
                       "any reason, for all programs in the exporter's network namespace.",
                       Query(e.gained("gunicorn_host_listen_overflows_total", "", WINDOW, CHOSEN), "accept queue full"),
                       Query(e.gained("gunicorn_host_listen_drops_total", "", WINDOW, CHOSEN), "all"), bars=True),
                "GunicornConnectionsRefused"),
            quantiles("Time in the proxy's queue", "s", "Time from the proxy's X-Request-Start to the parsed request; without that header "
                      "there is no data.", "gunicorn_worker_request_queue_seconds"),
        ]),
        Row("Threads (gthread)", [
            series("Connections of threads", "short", "Connections of gthread workers by state, and the maximum.",
                   Query(e.total("gunicorn_worker_connections", "state", CHOSEN_WORKERS), "{{state}}"),
                   Query(e.total("gunicorn_worker_connections_limit", "", CHOSEN_WORKERS), "limit")),
            series("Connections that wait for a thread", "short", "Most connections of each worker that waited for a thread at once, in "
                   "the last one to two minutes.",
                   Query(e.total("gunicorn_worker_connections_waiting_peak", BY, CHOSEN_WORKERS), LEGEND)),
            quantiles("Wait for a thread", "s", "Time that requests waited for a thread of a gthread worker.",
                      "gunicorn_worker_thread_wait_seconds"),
        ], is_collapsed=True),
        Row("Event loops (gevent, eventlet, tornado, ASGI)", [
            series("Lag of event loops", "s", "Largest delay of a timer in the event loop of each worker, in the last one to two minutes.",
                   Query(f"max by ({BY}) ({e.select('gunicorn_worker_loop_lag_max_seconds', CHOSEN_WORKERS)})", LEGEND),
                   thresholds=rising(0.1, 1)),
            heatmap("Lag, all timers", "s", "How late event loops ran a timer that is due every half second.",
                    e.rate("gunicorn_worker_loop_lag_seconds_bucket", "le", WINDOW, CHOSEN)),
            series("Blocked event loops", "percentunit", "Share of time in which requests blocked the event loop for more than 0.1 s at "
                   "once, by route.",
                   Query(e.rate("gunicorn_worker_loop_blocked_seconds_total", ROUTE, WINDOW, CHOSEN_WORKERS), ROUTE_LEGEND),
                   stacked=True),
        ], is_collapsed=True),
    ], [worker_variable(), route_label_variable()])

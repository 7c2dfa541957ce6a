"""The dashboard of incidents: worker exits and what was lost with them, slow requests, blocked loops and exceptions."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import (
    CHOSEN,
    CHOSEN_WORKERS,
    RANGE,
    ROUTE,
    ROUTE_LEGEND,
    WINDOW,
    Row,
    dashboard,
    route_label_variable,
    worker_variable,
)
from gunicorn_mixin.panels import Panel, Query, none_allowed, series, stat, table, with_runbook
from gunicorn_mixin.shared_panels import exits, log_lines, log_variables, lost, oldest_request, signals

EXITS = "gunicorn_worker_exits_total"
LOST = "gunicorn_worker_requests_lost_total"

BY = "instance, worker_id"
LEGEND = "{{instance}} {{worker_id}}"


def deaths() -> dict[str, Any]:
    """Returns the dashboard."""
    description = "How workers exited, what was lost with them, and which routes were slow or failed."
    return dashboard("deaths", "Deaths and incidents", description, [
        Row("In the time shown", [
            _ended("Exits", "Worker processes that exited, for any reason."),
            _ended("Deaths", "Workers that died: every reason except reload, graceful, max_requests and unknown.", e.DEATHS),
            _ended("Timeouts", "Workers that were silent for longer than Gunicorn's timeout.", 'reason="timeout"'),
            _ended("Out of memory", "Workers that the kernel killed for lack of memory.", 'reason="oom"'),
            stat("Requests lost", "short", "Requests that were in flight when their worker died.",
                 f"round({e.gained(LOST, '', RANGE, CHOSEN)})", none_allowed()),
            stat("Restarts", "short", "Workers started to replace one that exited.",
                 f"round({e.gained('gunicorn_master_worker_restarts_total', '', RANGE, CHOSEN)})"),
        ]),
        Row("When", [
            exits(width=12),
            lost(width=12),
        ]),
        Row("Where", [
            table("Exits", "Worker processes that exited in the selected time range.", {"instance": "Instance", "reason": "Reason"},
                  Query(f"round({e.gained(EXITS, 'instance, reason', RANGE, CHOSEN)}) > 0", "Exits"), sort_by="Exits", width=12),
            table("Requests lost", "Requests that were lost in the time shown. The exporter's log has a line for each, with route, age "
                  "and trace id: docs/flight-recorder.md.",
                  {"instance": "Instance", "reason": "Reason"},
                  Query(f"round({e.gained(LOST, 'instance, reason', RANGE, CHOSEN)}) > 0", "Lost"), sort_by="Lost", width=12),
        ]),
        Row("Slow and failing routes", [
            with_runbook(
                series("Slow requests", "reqps", "Requests per second that took longer than GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS, by "
                       "route; without any there is no data. docs/incidents.md shows how to list them with their stacks.",
                       Query(e.rate("gunicorn_slow_requests_total", ROUTE, WINDOW, CHOSEN), ROUTE_LEGEND), stacked=True),
                "GunicornSlowRequests"),
            series("Slow requests in flight", "short", "Requests that have been in flight for longer than that, by route; without any "
                   "there is no data.",
                   Query(e.total("gunicorn_slow_requests_in_flight", ROUTE, CHOSEN), ROUTE_LEGEND), stacked=True),
            series("Blocked event loops", "percentunit", "Share of time in which requests blocked an event loop, by route.",
                   Query(e.rate("gunicorn_worker_loop_blocked_seconds_total", ROUTE, WINDOW, CHOSEN), ROUTE_LEGEND), stacked=True),
            series("Exceptions", "short", "Exceptions per second that reached the worker, by route and type.",
                   Query(e.rate("gunicorn_worker_error_handling_total", f"{ROUTE}, error_type", WINDOW, CHOSEN),
                         f"{ROUTE_LEGEND} {{{{error_type}}}}"), stacked=True, width=12),
            series("Failures", "reqps", "Responses with 5xx per second, by route.",
                   Query(e.rate("gunicorn_http_requests_total", f"{ROUTE}, status_code", WINDOW, CHOSEN, 'status_code=~"5.."'),
                         f"{ROUTE_LEGEND} {{{{status_code}}}}"), stacked=True, width=12),
        ]),
        Row("Before", [
            series("Age", "s", "Time since each worker process started: it falls to 0 at a death.",
                   Query(f"max by ({BY}) ({e.select('gunicorn_worker_uptime_seconds', CHOSEN_WORKERS)})", LEGEND)),
            series("Memory", "bytes", "Resident set of each worker, which the kernel considers when memory runs out.",
                   Query(e.total("gunicorn_worker_memory_bytes", BY, CHOSEN_WORKERS), LEGEND)),
            oldest_request(BY, LEGEND, CHOSEN_WORKERS),
            signals(),
            series("States", "short", "Workers in each state.",
                   Query(e.total("gunicorn_worker_state", "state", CHOSEN_WORKERS), "{{state}}"), stacked=True),
            series("Workers missing", "short", "Configured workers minus live workers.",
                   Query(" - ".join(e.total("gunicorn_workers", "instance", CHOSEN, state)
                                    for state in ('state="configured"', 'state="live"')),
                         "{{instance}}")),
        ]),
        log_lines(),
    ], [worker_variable(), route_label_variable(), *log_variables()])


def _ended(title: str, description: str, reason: str = "") -> Panel:
    return stat(title, "short", description, f"round({e.gained(EXITS, '', RANGE, CHOSEN, reason)})", none_allowed() if reason else ())

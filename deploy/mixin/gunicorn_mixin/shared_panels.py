"""Panels, rows and variables that more than one dashboard has."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, RANGE, WINDOW, Row
from gunicorn_mixin.panels import Panel, Query, alert_list, at_least, logs, none_allowed, rising, series, stat, with_runbook

LATENCY = "gunicorn_worker_request_duration_seconds"


def now() -> list[Panel]:
    """Returns the values that show at a glance whether all is well."""
    return [
        with_runbook(
            stat("Saturation", "percentunit", "The most used resource of the fullest server in the last minute: threads, event loops, "
                 "connections or accept queues. At 100% further requests wait.",
                 f"max({e.select('gunicorn_saturation_ratio', CHOSEN)})", rising(0.7, 0.85)), "GunicornUtilisationHigh"),
        with_runbook(
            stat("Servers up", "short", "Gunicorn masters that run, as reported by their exporters.",
                 e.total("gunicorn_up", "", CHOSEN), at_least(1)), "GunicornDown"),
        stat("Requests", "reqps", "Requests per second, those lost with their worker included.", e.requests("", WINDOW, CHOSEN)),
        with_runbook(
            stat("Errors", "percentunit", "Share of requests that were answered with 5xx or lost with their worker.",
                 e.error_ratio("", WINDOW, CHOSEN), rising(e.ERROR_BUDGET, 14.4 * e.ERROR_BUDGET)), "GunicornErrorBudgetBurnFast"),
        with_runbook(
            stat("Latency p95", "s", "19 in 20 requests are faster.", e.quantile(0.95, LATENCY, "", WINDOW, CHOSEN), rising(0.5, 1)),
            "GunicornLatencyHigh"),
        with_runbook(
            stat("Requests lost", "short", "Requests that were in flight when their worker died, in the selected time range.",
                 f"round({e.gained('gunicorn_worker_requests_lost_total', '', RANGE, CHOSEN)})", none_allowed()), "GunicornRequestsLost"),
    ]


def firing() -> Row:
    """Returns the row of the alerts of the selected servers."""
    # An alert on a job as a whole has no instance.
    return Row("Alerts", [alert_list('job=~"${job:regex}"')])


def log_lines() -> Row:
    """Returns the row of log lines, for those who have Loki."""
    return Row("Logs", [
        logs("Log lines from Loki: enter the selector of the streams of Gunicorn and the exporter at the top. The lines about lost "
             "requests, slow requests and blocked event loops name the route and the line of the application.", "${streams:raw}"),
    ], is_collapsed=True)


def log_variables() -> list[dict[str, Any]]:
    """Returns the variables of the row of log lines."""
    selector = '{job="gunicorn"}'
    return [
        {"type": "datasource", "name": "loki", "label": "Loki", "query": "loki", "refresh": 1, "hide": 0},
        {
            "type": "textbox", "name": "streams", "label": "Log streams", "query": selector, "hide": 0,
            "current": {"text": selector, "value": selector}, "options": [{"text": selector, "value": selector, "selected": True}],
        },
    ]


def quantiles(title: str, unit: str, description: str, histogram: str, width: int = 8) -> Panel:
    """Returns the usual quantiles of a histogram of all selected servers."""
    return series(title, unit, description, *(
        Query(e.quantile(q, histogram, "", WINDOW, CHOSEN), f"p{q * 100:.0f}") for q in (0.5, 0.95, 0.99)), width=width)


def exits(width: int = 8) -> Panel:
    """Returns the panel of worker exits."""
    return with_runbook(series(
        "Worker exits", "short", "Worker processes that exited, by reason: docs/worker-exits.md lists the reasons.",
        Query(e.gained("gunicorn_worker_exits_total", "reason", WINDOW, CHOSEN), "{{reason}}"), stacked=True, bars=True, width=width),
        "GunicornWorkersCrashing")


def lost(width: int = 8) -> Panel:
    """Returns the requests that died with their worker."""
    return with_runbook(series(
        "Requests lost", "short", "Requests that were in flight when their worker died, by cause of death. The exporter's log has "
        "a line for each: docs/flight-recorder.md.",
        Query(e.gained("gunicorn_worker_requests_lost_total", "reason", WINDOW, CHOSEN), "{{reason}}"),
        stacked=True, bars=True, width=width), "GunicornRequestsLost")


def oldest_request(by: str, legend: str, matchers: str = CHOSEN) -> Panel:
    """Returns the age of the oldest request in flight, by labels."""
    return with_runbook(series(
        "Oldest request", "s", "Age of the oldest request in flight; Gunicorn's default timeout is 30s.",
        Query(f"max by ({by}) ({e.select('gunicorn_worker_oldest_request_seconds', matchers)})", legend), thresholds=rising(10, 20)),
        "GunicornRequestStuck")


def utilisation(by: str, legend: str, matchers: str = CHOSEN) -> Panel:
    """Returns the busy share of workers or servers."""
    return with_runbook(series(
        "Utilisation", "percentunit", "Busy share: of the event loop of workers that have one, of the capacity of the others. At 100% "
        "every further request waits.",
        Query(e.utilisation(by, WINDOW, matchers), legend), limit=1, thresholds=rising(0.7, 0.85)), "GunicornUtilisationHigh")


def saturation(by: str, legend: str, width: int = 8) -> Panel:
    """Returns the saturation of resources, by labels."""
    return series(
        "Saturation", "percentunit", "Share of each resource that was in use in the last minute: threads, event loops, connections "
        "inside the workers, and accept queues.",
        Query(f"max by ({by}) ({e.select('gunicorn_resource_saturation_ratio', CHOSEN)})", legend), limit=1, thresholds=rising(0.7, 0.85),
        width=width)


def accept_queue() -> Panel:
    """Returns the accept queues with their peaks and limits."""
    return with_runbook(series(
        "Accept queue", "short", "Connections that no worker has accepted yet, and the maximum.",
        Query(e.total("gunicorn_listener_backlog", "listener", CHOSEN), "{{listener}}"),
        Query(e.total("gunicorn_listener_backlog_peak", "listener", CHOSEN), "{{listener}}, peak of 90s"),
        Query(e.total("gunicorn_listener_backlog_limit", "listener", CHOSEN), "{{listener}}, limit")), "GunicornBacklogNearLimit")


def signals(width: int = 8) -> Panel:
    """Returns the signals that masters handled."""
    return series(
        "Signals", "short", "Signals that the masters handled: hup is a reload, ttin and ttou change the number of workers.",
        Query(e.gained("gunicorn_master_signals_total", "signal", WINDOW, CHOSEN), "{{signal}}"), stacked=True, bars=True, width=width)

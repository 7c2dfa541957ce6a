"""The dashboard of worker exits and what was lost with them."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, RANGE, WINDOW, Row, dashboard
from gunicorn_mixin.panels import Panel, Query, none_allowed, series, stat, table
from gunicorn_mixin.shared_panels import exits, lost

EXITS = "gunicorn_worker_exits_total"
LOST = "gunicorn_worker_requests_lost_total"

BY = "instance, worker_id"
LEGEND = "{{instance}} {{worker_id}}"


def deaths() -> dict[str, Any]:
    """Returns the dashboard."""
    return dashboard("deaths", "How workers exited, what was lost with them, and their state before.", [
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
        Row("Before", [
            series("Age", "s", "Time since each worker process started: it falls to 0 at a death.",
                   Query(f"max by ({BY}) ({e.select('gunicorn_worker_uptime_seconds', CHOSEN)})", LEGEND)),
            series("Memory", "bytes", "Resident set of each worker, which the kernel considers when memory runs out.",
                   Query(e.total("gunicorn_worker_memory_bytes", BY, CHOSEN), LEGEND)),
            series("Oldest request", "s", "Age of each worker's oldest request in flight: it rises steadily before a timeout.",
                   Query(f"max by ({BY}) ({e.select('gunicorn_worker_oldest_request_seconds', CHOSEN)})", LEGEND)),
            series("Signals", "short", "Signals that the masters handled: hup is a reload.",
                   Query(e.gained("gunicorn_master_signals_total", "signal", WINDOW, CHOSEN), "{{signal}}"), stacked=True, bars=True),
            series("States", "short", "Workers in each state.",
                   Query(e.total("gunicorn_worker_state", "state", CHOSEN), "{{state}}"), stacked=True),
            series("Workers missing", "short", "Configured workers minus live workers.",
                   Query(" - ".join(e.total("gunicorn_workers", "instance", CHOSEN, state)
                                    for state in ('state="configured"', 'state="live"')),
                         "{{instance}}")),
        ]),
    ])


def _ended(title: str, description: str, reason: str = "") -> Panel:
    return stat(title, "short", description, f"round({e.gained(EXITS, '', RANGE, CHOSEN, reason)})", none_allowed() if reason else ())

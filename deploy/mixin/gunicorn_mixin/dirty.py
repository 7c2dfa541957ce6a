"""The dashboard of Gunicorn's dirty workers."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN, WINDOW, Row, dashboard
from gunicorn_mixin.panels import Panel, Query, series, with_runbook

BY = "instance, worker_id"
LEGEND = "{{instance}} {{worker_id}}"


def dirty() -> dict[str, Any]:
    """Returns the dashboard."""
    return dashboard(
        "dirty", "Dirty workers", "Tasks of dirty workers, and the processes that run them. Without dirty workers there is no data.",
        [Row("Tasks", _tasks()), Row("Processes", _processes())])


def _tasks() -> list[Panel]:
    tasks, waits = "gunicorn_dirty_task_duration_seconds", "gunicorn_dirty_task_queue_seconds"
    return [
        series("Tasks", "ops", "Tasks per second that dirty workers answered, by action and outcome.",
               Query(e.rate("gunicorn_dirty_tasks_total", "action, outcome", WINDOW, CHOSEN), "{{action}} {{outcome}}"), stacked=True),
        series("Task duration", "s", "The 95th percentile of the time from the start of a task to its answer, by action.",
               Query(e.quantile(0.95, tasks, "action", WINDOW, CHOSEN), "{{action}}")),
        series("Task queue", "s", "Time from the arrival of a task at the dirty arbiter to its start.", *(
            Query(e.quantile(q, waits, "", WINDOW, CHOSEN), f"p{q * 100:.0f}") for q in (0.5, 0.95))),
        series("Tasks that wait and run", "short", "Tasks that wait in the dirty arbiter, and tasks that run, by action.",
               Query(e.total("gunicorn_dirty_tasks_queued", "", CHOSEN), "waiting"),
               Query(e.total("gunicorn_dirty_tasks_in_flight", "action", CHOSEN), "{{action}}"), stacked=True),
        series("Oldest task", "s", "Age of the oldest task that runs, by action.",
               Query(f"max by (action) ({e.select('gunicorn_dirty_oldest_task_seconds', CHOSEN)})", "{{action}}")),
        series("Tasks without an answer", "short", "Tasks that were lost with their dirty worker, or that none began.",
               Query(e.gained("gunicorn_dirty_tasks_lost_total", "reason", WINDOW, CHOSEN), "lost: {{reason}}"),
               Query(e.gained("gunicorn_dirty_tasks_dropped_total", "reason", WINDOW, CHOSEN), "dropped: {{reason}}"), bars=True),
    ]


def _processes() -> list[Panel]:
    return [
        with_runbook(
            series("Dirty workers", "short", "Configured and live dirty workers. Gunicorn leaves those of a killed dirty arbiter behind.",
                   Query(e.total("gunicorn_dirty_workers", "state", CHOSEN), "{{state}}")), "GunicornDirtyWorkersMissing"),
        series("Utilisation of dirty workers", "percentunit", "Share of the time in which each dirty worker runs a task.",
               Query(e.rate("gunicorn_dirty_worker_busy_seconds_total", BY, WINDOW, CHOSEN), LEGEND), limit=1),
        series("Memory of dirty workers", "bytes", "Resident set of each dirty worker.",
               Query(e.total("gunicorn_dirty_worker_memory_bytes", BY, CHOSEN), LEGEND)),
        series("Exits of dirty workers", "short", "Dirty workers that exited, by reason.",
               Query(e.gained("gunicorn_dirty_worker_exits_total", "reason", WINDOW, CHOSEN), "{{reason}}"), bars=True),
        series("Age of dirty workers", "s", "Time since each dirty worker started: it falls to 0 at a restart.",
               Query(f"max by ({BY}) ({e.select('gunicorn_dirty_worker_uptime_seconds', CHOSEN)})", LEGEND)),
        series("Memory of dirty arbiters", "bytes", "Resident set of the dirty arbiter of each server.",
               Query(e.total("gunicorn_dirty_arbiter_memory_bytes", "instance", CHOSEN), "{{instance}}")),
    ]

"""The dashboard of the Python runtime of the workers."""

from typing import Any

from gunicorn_mixin import expressions as e
from gunicorn_mixin.dashboard import CHOSEN_WORKERS, WINDOW, Row, dashboard, worker_variable
from gunicorn_mixin.panels import Query, series, table, with_runbook

BY = "instance, worker_id"
LEGEND = "{{instance}} {{worker_id}}"


def runtime() -> dict[str, Any]:
    """Returns the dashboard."""
    def rates(name: str, by: str) -> Query:
        return Query(e.rate(name, by, WINDOW, CHOSEN_WORKERS), f"{{{{{by}}}}}")

    def each(name: str) -> Query:
        return Query(e.total(name, BY, CHOSEN_WORKERS), LEGEND)

    return dashboard("runtime", "Python runtime", "Garbage collection, memory, threads and descriptors of the workers.", [
        Row("Garbage collection", [
            series("Garbage collection", "percentunit", "Time that workers spend in Python's garbage collector, as a share of one core.",
                   rates("gunicorn_worker_gc_seconds_total", "generation"), stacked=True),
            series("Time of a collection", "s", "Mean time of a garbage collection, during which the worker runs no other Python code.",
                   Query(f'{e.rate("gunicorn_worker_gc_seconds_total", "generation", WINDOW, CHOSEN_WORKERS)}'
                         f' / {e.rate("gunicorn_worker_gc_collections_total", "generation", WINDOW, CHOSEN_WORKERS)}', "{{generation}}")),
            series("Collected objects", "short", "Objects per second that the garbage collector freed.",
                   rates("gunicorn_worker_gc_objects_collected_total", "generation"), stacked=True),
        ]),
        Row("Memory and processor", [
            with_runbook(
                series("Memory", "bytes", "Proportional set size: private memory of a worker plus its share of shared memory.",
                       each("gunicorn_worker_proportional_memory_bytes")), "GunicornWorkerMemoryGrowing"),
            series("CPU", "percentunit", "Processor time of each worker, as a share of one core.",
                   Query(e.rate("gunicorn_worker_cpu_seconds_total", BY, WINDOW, CHOSEN_WORKERS), LEGEND)),
            series("Age", "s", "Time since each worker process started.", each("gunicorn_worker_uptime_seconds")),
        ]),
        Row("Threads, descriptors and the kernel", [
            series("Threads", "short", "Threads of each worker, including one of the exporter's engine.", each("gunicorn_worker_threads"),
                   width=6),
            series("Descriptors", "short", "File descriptors that each worker has open, and the maximum.",
                   each("gunicorn_worker_open_fds"),
                   Query(f'max({e.select("gunicorn_worker_max_fds", CHOSEN_WORKERS)})', "maximum"), width=6),
            series("Page faults", "short", "Page faults per second of all workers; major ones wait for a disk.",
                   rates("gunicorn_worker_page_faults_total", "kind"), width=6),
            series("Context switches", "short", "Times per second that a thread of a worker began to wait (voluntary) or was preempted "
                   "(involuntary).", rates("gunicorn_worker_context_switches_total", "kind"), width=6),
        ]),
        Row("Processes", [
            table("Processes", "Which process is which worker, and for how long.",
                  {"instance": "Instance", "worker_id": "Worker", "pid": "PID", "worker_class": "Class", "python": "Python",
                   "gunicorn": "Gunicorn"},
                  Query(
                      f"max by (instance, worker_id, pid, worker_class, python, gunicorn)"
                      f" ({e.select('gunicorn_worker_info', CHOSEN_WORKERS)}) * on (instance, worker_id) group_left ()"
                      f" max by (instance, worker_id) ({e.select('gunicorn_worker_uptime_seconds', CHOSEN_WORKERS)})", "Age", "s")),
        ]),
    ], [worker_variable()])

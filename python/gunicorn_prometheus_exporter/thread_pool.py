"""Measures how long connections of Gunicorn's gthread worker wait for a thread."""

from types import ModuleType
from typing import Any, Callable, Optional

from .guard import fault
from .private_names import read, wrap

_THREADS = "connections and threads"


def install(worker: Any, engine: ModuleType) -> Optional[Callable[[], None]]:
    """Measures the waits. Returns the function that records how many connections there are, for each heartbeat."""
    engine.limit_connections(worker.cfg.worker_connections)
    wrap("concurrent.futures:ThreadPoolExecutor.submit", lambda stock: _submitting(stock, engine), worker.tpool)
    if hasattr(worker, "_keep"):
        kept_alive = read("gunicorn.workers.gthread:ThreadWorker._keep", None, worker)
    else:
        # Gunicorn 24 and later.
        kept_alive = read("gunicorn.workers.gthread:ThreadWorker.keepalived_conns", None, worker)
    if kept_alive is None or read("gunicorn.workers.gthread:ThreadWorker.nr_conns", None, worker) is None:
        return None
    return lambda: engine.set_connections(worker.nr_conns, len(kept_alive))


def _submitting(stock: Any, engine: ModuleType) -> Any:
    thread_awaited, thread_taken = engine.thread_awaited, engine.thread_taken

    def run(since: float, function: Any, *arguments: Any) -> Any:
        try:
            thread_taken(since)
        except Exception:
            fault(_THREADS)
        return function(*arguments)

    def submit(function: Any, *arguments: Any) -> Any:
        try:
            since = thread_awaited()
        except Exception:
            fault(_THREADS)
            return stock(function, *arguments)
        return stock(run, since, function, *arguments)

    return submit

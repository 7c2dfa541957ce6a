"""The one place that loads the engine, and that knows where it must not be loaded.

A process in which the engine has started must not fork Gunicorn workers: its runtime does not survive a fork.
So a Gunicorn master never loads it, a worker does so after it was forked, and in children that application code
forks from a worker recording is off.
"""

import os
import sys
import threading
from types import ModuleType
from typing import Optional

from .config import FILE_VARIABLE, ExporterConfig
from .errors import MetricsError
from .layout import writes_timestamps
from .utils import store_directory

_lock = threading.Lock()
_engine: Optional[ModuleType] = None
_opened_in = 0
_worker = 0
_refusal: Optional[str] = None
_variables: Optional[dict[str, str]] = None


def configure(variables: dict[str, str]) -> None:
    """Says what the file states for workers, by the names of variables. Called by a master before it forks them."""
    global _variables
    _variables = variables


def refuse(reason: str) -> None:
    """Keeps the engine out of this process and of those that it forks. Called by a master that has no store."""
    global _refusal
    _refusal = reason


def enter_worker() -> None:
    """Says that this process is a Gunicorn worker, forked and with its privileges dropped."""
    global _worker
    _worker = os.getpid()


def load() -> ModuleType:
    """Returns the engine, opened for this process.

    Raises MetricsError in a Gunicorn master, and where the engine or its store cannot be opened.
    """
    if _engine is None:
        with _lock:
            return _engine or _open()
    if os.getpid() == _worker != _opened_in:
        raise MetricsError(
            "the engine was already loaded when this worker was forked, so that its metrics are off; "
            "record metrics only in workers, not where Gunicorn is started"
        )
    return _engine


def is_refused() -> bool:
    """Returns whether a master has kept the engine out of its workers, and said so."""
    return _refusal is not None


def _open() -> ModuleType:
    global _engine, _opened_in
    role = _role()
    # The engine reads the environment only, when it is loaded.
    os.environ.update(file_variables() if _variables is None else _variables)
    try:
        from . import _engine as engine
    except ImportError as error:
        message = f"the engine cannot be loaded ({error}); install the package anew for this machine"
        raise MetricsError(message) from error
    engine.open(store_directory(), role, writes_timestamps())
    os.register_at_fork(after_in_child=engine.disable)
    _engine, _opened_in = engine, os.getpid()
    return engine


def file_variables() -> dict[str, str]:
    """Returns what the file states for processes that record, by the names of variables.

    Raises ConfigurationError with everything that is wrong with the file.
    """
    return ExporterConfig().recording_variables if os.environ.get(FILE_VARIABLE) else {}


def _role() -> str:
    if _refusal is not None:
        raise MetricsError(_refusal)
    if os.getpid() == _worker:
        return "worker"
    # An arbiter announces itself in SERVER_SOFTWARE as soon as it exists, before it imports a preloaded application.
    if "gunicorn.arbiter" in sys.modules and os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn/"):
        raise MetricsError(
            "metrics cannot be recorded in a Gunicorn master, nor in a worker without the exporter; record them "
            "while a request is handled, and configure the exporter's hooks or PrometheusWorker"
        )
    return "process"

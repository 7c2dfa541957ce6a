"""The one place that loads the engine, and that knows where it must not be loaded.

A process in which the engine has started must not fork Gunicorn workers: its runtime does not survive a fork.
So a Gunicorn master never loads it, a worker does so after it was forked, and in children that application code
forks from a worker recording is off.
"""

import os
import sys
import threading
import time
from logging import Logger
from types import ModuleType
from typing import NamedTuple, Optional

from . import engine_probe, guard
from .config import FILE_VARIABLE, ExporterConfig
from .errors import ConfigurationError, MetricsError
from .layout import writes_timestamps
from .utils import store_text

#: Seconds after which a store that could not be opened is tried again.
RETRY_AFTER = 60.0


class _Failure(NamedTuple):
    """Why the engine could not be opened in a process."""

    pid: int
    message: str
    retry_at: float


_lock = threading.Lock()
_engine: Optional[ModuleType] = None
_opened_in = 0
_worker = 0
_refusal: Optional[str] = None
_is_refusal_said = False
_failure: Optional[_Failure] = None
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

    Raises MetricsError in a Gunicorn master, and where the engine or its store cannot be opened. A store is tried again
    after RETRY_AFTER seconds at the earliest, an engine that cannot start in this process never.
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


def refusal() -> Optional[str]:
    """Returns why a master has kept the engine out of its workers, None if it has not."""
    return _refusal


def say_refusal(log: Logger) -> None:
    """Logs once that metrics are off, and why, if they are."""
    global _is_refusal_said
    if _refusal is not None and not _is_refusal_said:
        _is_refusal_said = True
        log.error("Metrics are off: %s", _refusal)


def _open() -> ModuleType:
    global _failure
    role = _role()
    if _failure is not None and _failure.pid == os.getpid() and time.monotonic() < _failure.retry_at:
        raise MetricsError(_failure.message)
    retry_at = time.monotonic() + RETRY_AFTER
    try:
        obstacle = engine_probe.obstacle()
        if obstacle is not None:
            retry_at = float("inf")
            raise MetricsError(f"the engine cannot start: {obstacle}")
        return _open_store(_import(), role)
    except (MetricsError, ConfigurationError) as error:
        _failure = _Failure(os.getpid(), str(error), retry_at)
        raise
    except Exception as error:
        _failure = _Failure(os.getpid(), f"the engine cannot be opened: {type(error).__name__}: {error}", retry_at)
        raise MetricsError(_failure.message) from error


def _import() -> ModuleType:
    # The engine reads the environment only, when it is loaded.
    os.environ.update(file_variables() if _variables is None else _variables)
    try:
        from . import _engine as engine
    except ImportError as error:
        message = f"the engine cannot be loaded ({error}); install the package anew for this machine"
        raise MetricsError(message) from error
    return engine


def _open_store(engine: ModuleType, role: str) -> ModuleType:
    global _engine, _opened_in
    engine.open(store_text(), role, writes_timestamps())
    os.register_at_fork(after_in_child=engine.disable)
    guard.count_with(engine.drop)
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
    if is_in_arbiter():
        raise MetricsError(
            "metrics cannot be recorded in a Gunicorn master, nor in a worker without the exporter; record them "
            "while a request is handled, and configure the exporter's hooks or PrometheusWorker"
        )
    return "process"


def is_in_arbiter() -> bool:
    """Returns whether this process has a Gunicorn arbiter, or was forked by one."""
    # It announces itself in SERVER_SOFTWARE as soon as it exists, before it imports a preloaded application.
    return "gunicorn.arbiter" in sys.modules and os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn/")

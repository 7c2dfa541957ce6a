"""Loads the engine. No other module does.

The engine's runtime does not survive a fork. So a Gunicorn master never loads it, a worker loads it after the fork, and
recording is off in children that application code forks from a worker.
"""

import os
import sys
import threading
import time
from logging import Logger
from types import ModuleType
from typing import NamedTuple, Optional

from . import engine_probe, guard
from .absence import ABSENCE
from .config import FILE_VARIABLE, ExporterConfig
from .errors import ConfigurationError, MetricsError
from .layout import writes_timestamps
from .log_lines import one_line
from .utils import store_text

#: Seconds between two attempts to open a store.
RETRY_AFTER = 60.0


class _Failure(NamedTuple):
    """The last failure to open the engine in a process."""

    pid: int
    message: str
    retry_at: float


_lock = threading.Lock()
_engine: Optional[ModuleType] = None
_opened_in = 0
_worker = 0
_worker_role = "worker"
_refusal: Optional[str] = ABSENCE
_is_refusal_said = False
_failure: Optional[_Failure] = None
_variables: Optional[dict[str, str]] = None


def configure(variables: dict[str, str]) -> None:
    """Sets the configuration file's settings for workers, by variable name. A master calls it before it forks them."""
    global _variables
    _variables = variables


def refuse(reason: str) -> None:
    """Prevents this process and its children from loading the engine. A master without a store calls it."""
    global _refusal
    _refusal = reason


def enter_worker(role: str = "worker") -> None:
    """Marks this process as a Gunicorn worker, or a dirty one. Call it after the fork, when privileges are dropped."""
    global _worker, _worker_role
    _worker, _worker_role = os.getpid(), role


def load() -> ModuleType:
    """Returns the engine, opened for this process.

    Raises MetricsError in a Gunicorn master, and if the engine or its store cannot be opened. A later call retries the
    store after RETRY_AFTER seconds. It never retries an engine that cannot start in this process.
    """
    if _engine is None:
        with _lock:
            return _engine or _open()
    if os.getpid() == _worker != _opened_in:
        raise MetricsError(
            "the engine was already loaded when this worker was forked, so its metrics are off; "
            "record metrics only in workers, not where Gunicorn is started"
        )
    return _engine


def refusal() -> Optional[str]:
    """Returns the reason that a master gave to ``refuse``, that the package has no engine, or None."""
    return _refusal


def say_refusal(log: Logger) -> None:
    """Logs the refusal once, if there is one."""
    global _is_refusal_said
    if _refusal is not None and not _is_refusal_said:
        _is_refusal_said = True
        # A system without an engine is no fault.
        (log.warning if _refusal is ABSENCE else log.error)("Metrics are off: %s", one_line(_refusal))


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
    # The engine reads only the environment, once, when it is loaded.
    os.environ.update(file_variables() if _variables is None else _variables)
    try:
        from . import _engine as engine
    except ImportError as error:
        message = f"the engine cannot be loaded ({error}); reinstall the package for this machine"
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
    """Returns the configuration file's settings for recording processes, by variable name. Raises ConfigurationError."""
    return ExporterConfig().recording_variables if os.environ.get(FILE_VARIABLE) else {}


def _role() -> str:
    if _refusal is not None:
        raise MetricsError(_refusal)
    if os.getpid() == _worker:
        return _worker_role
    if is_in_arbiter():
        raise MetricsError(
            "metrics cannot be recorded in a Gunicorn master, nor in a worker without the exporter; record them "
            "while a request is handled, and configure the exporter's hooks or PrometheusWorker"
        )
    return "process"


def is_in_arbiter() -> bool:
    """Returns whether this process is a Gunicorn master or was forked by one."""
    # The arbiter sets SERVER_SOFTWARE in its constructor, before it imports a preloaded application.
    return "gunicorn.arbiter" in sys.modules and os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn/")

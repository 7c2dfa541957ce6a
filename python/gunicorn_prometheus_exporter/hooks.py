"""The hooks for ``gunicorn.conf.py``, as callables or as dotted strings."""

import os
from typing import Any

from . import guard, store_in_time
from .config import FILE_VARIABLE, ExporterConfig

# The hooks import Gunicorn when they are called, because the package also works without Gunicorn.

_ANYTHING = "anything"


def default_on_starting(server: Any) -> None:
    """Prepares the store and instruments the master and its workers, of any class."""
    guard.call(_ANYTHING, _set_up, server)


def default_when_ready(server: Any) -> None:
    """Starts the exporter."""
    guard.call(_ANYTHING, _start_exporter, server, {})


def default_worker_int(worker: Any) -> None:
    """Records that the worker received a stop signal."""
    guard.call("the state of workers", _quit, worker)


def default_on_exit(server: Any) -> None:
    """Stops the exporter."""
    guard.call("the end of the master", _shut_down, server)


def redis_when_ready(server: Any) -> None:
    """Starts the exporter with forwarding to Redis, unless REDIS_ENABLED or the file disables it."""
    guard.call(_ANYTHING, _start_forwarding_exporter, server)


def _set_up(server: Any) -> None:
    from .master import adopt

    adopt(server)._setup_master_metrics()


def _start_exporter(server: Any, variables: dict[str, str]) -> None:
    from .master import adopt

    master = adopt(server)
    master._setup_master_metrics()
    master.start_exporter(variables)


def _start_forwarding_exporter(server: Any) -> None:
    is_given = bool(os.environ.get(FILE_VARIABLE)) and ExporterConfig().is_given("redis_enabled")
    _start_exporter(server, {} if is_given else {"REDIS_ENABLED": os.environ.get("REDIS_ENABLED") or "true"})


def _quit(worker: Any) -> None:
    from .worker import InstrumentedWorker

    if isinstance(worker, InstrumentedWorker):
        worker.enter_state("quit")


def _shut_down(server: Any) -> None:
    from .master import PrometheusMaster

    if isinstance(server, PrometheusMaster):
        server.shut_down()


# Not in a hook: Gunicorn imports a preloaded application before it calls the first hook.
guard.call(_ANYTHING, store_in_time.settle_if_configuring)

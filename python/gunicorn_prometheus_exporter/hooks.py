"""The hooks for ``gunicorn.conf.py``, as callables or as dotted strings."""

import os
from typing import TYPE_CHECKING, Any

from . import engine, guard, store_in_time
from .absence import ABSENCE
from .config import FILE_VARIABLE, ExporterConfig
from .lazy_names import find
from .namesake import NAMES

if TYPE_CHECKING:
    from .config import load_yaml_config as load_yaml_config
    from .namesake.hooks import (
        default_post_fork as default_post_fork,
        redis_sidecar_when_ready as redis_sidecar_when_ready,
    )

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
    guard.call(_ANYTHING, start_forwarding_exporter, server, {})


def __getattr__(name: str) -> Any:
    return find(__name__, name, NAMES["hooks"])


def __dir__() -> list[str]:
    return sorted({*globals(), *NAMES["hooks"]})


def _set_up(server: Any) -> None:
    if ABSENCE is not None:
        # The server stays as it is, of Gunicorn's own classes.
        engine.say_refusal(server.log)
        return
    from .master import adopt

    adopt(server)._setup_master_metrics()


def _start_exporter(server: Any, variables: dict[str, str]) -> None:
    if ABSENCE is not None:
        return
    from .master import adopt

    master = adopt(server)
    master._setup_master_metrics()
    master.start_exporter(variables)


def start_forwarding_exporter(server: Any, variables: dict[str, str]) -> None:
    """Starts the exporter with forwarding to Redis. ``variables`` override its environment."""
    is_given = ABSENCE is None and bool(os.environ.get(FILE_VARIABLE)) and ExporterConfig().is_given("redis_enabled")
    if not is_given:
        variables = {"REDIS_ENABLED": os.environ.get("REDIS_ENABLED") or "true", **variables}
    _start_exporter(server, variables)


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

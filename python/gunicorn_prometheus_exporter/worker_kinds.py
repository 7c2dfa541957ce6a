"""What differs between worker classes: how requests are seen, how many are in hand at most, what an idle one calls."""

from types import ModuleType
from typing import Any, Callable, NamedTuple

from . import asgi, gevent_server, request_hooks, tornado_server


class _Kind(NamedTuple):
    """The worker classes that are derived from a class, or from any in a module or package."""

    place: str
    install: Callable[[Any, ModuleType], None]
    capacity: Callable[[Any], int]

    #: A method that it calls in idle times too, and best not at each request; what it returns, if anything, is work.
    heartbeat: str = "notify"


def _connections(worker: Any) -> int:
    return int(worker.cfg.worker_connections)


_KINDS = (
    _Kind("gunicorn.workers.gasgi", asgi.install, _connections),
    _Kind("uvicorn_worker", asgi.install, _connections),
    _Kind("uvicorn", asgi.install, _connections),
    _Kind("gunicorn.workers.gtornado", tornado_server.install, _connections),
    _Kind("gunicorn.workers.gthread", request_hooks.install, lambda worker: int(worker.cfg.threads)),
    _Kind("gunicorn.workers.ggevent.GeventPyWSGIWorker", gevent_server.install, _connections),
    _Kind("gunicorn.workers.base_async", request_hooks.install, _connections),
    _Kind("gunicorn.workers.sync", request_hooks.install, lambda worker: 1, heartbeat="wait"),
)

#: A class that is built on none of these calls Gunicorn's hooks, as far as anybody knows.
_OTHER = _Kind("", request_hooks.install, lambda worker: 0)


def install(worker: Any, engine: ModuleType) -> None:
    """Makes the engine see the requests of this worker, which has loaded its application."""
    kind = _kind_of(type(worker))
    engine.set_capacity(kind.capacity(worker))
    kind.install(worker, engine)
    _wrap(worker, kind.heartbeat, engine.heartbeat)


def _wrap(worker: Any, method: str, heartbeat: Callable[[], None]) -> None:
    """Makes a call of the worker's method that brings no work refresh what the exporter knows of the process.

    A finished request does too.
    """
    stock = getattr(worker, method)

    def beat(*arguments: Any) -> Any:
        work = stock(*arguments)
        if not work:
            heartbeat()
        return work

    setattr(worker, method, beat)


def _kind_of(worker_class: type) -> _Kind:
    names = [f"{base.__module__}.{base.__qualname__}." for base in worker_class.__mro__]
    return next((kind for kind in _KINDS if any(name.startswith(kind.place + ".") for name in names)), _OTHER)

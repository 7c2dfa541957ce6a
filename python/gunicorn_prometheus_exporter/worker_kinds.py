"""What differs between worker classes: how requests are recorded, how many can be in flight, what a request waits for."""

import importlib
from time import monotonic
from types import ModuleType
from typing import Any, Callable, NamedTuple, Optional, Sequence

from . import guard
from .private_names import wrap


#: The least seconds between two checks.
_INTERVAL = 1.0


class _Kind(NamedTuple):
    """One kind of worker: the classes derived from a class, or from any class of a module or package."""

    #: The dotted name of the class, module or package.
    place: str

    #: The module of this package that records their requests. Imported only for them: a WSGI worker needs no asyncio.
    adapter: str

    #: The most requests that a worker can have in flight.
    capacity: Callable[[Any], int]

    #: A method that an idle worker calls too, ideally not for each request. A true result is work to do.
    heartbeat: str = "gunicorn.workers.base:Worker.notify"

    #: The module of this package that measures the waits for the worker's event loop or for its threads, if it has any.
    waits: str = ""


def _connections(worker: Any) -> int:
    return int(worker.cfg.worker_connections)


_KINDS = (
    _Kind("gunicorn.workers.gasgi", "asgi", _connections, waits="asyncio_loop"),
    _Kind("uvicorn_worker", "asgi", _connections, waits="asyncio_loop"),
    _Kind("uvicorn", "asgi", _connections, waits="asyncio_loop"),
    _Kind("aiohttp", "uncounted", lambda worker: 0, waits="asyncio_loop"),
    _Kind("gunicorn.workers.gtornado", "tornado_server", _connections, waits="asyncio_loop"),
    _Kind("gunicorn.workers.gthread", "request_hooks", lambda worker: int(worker.cfg.threads), waits="thread_pool"),
    _Kind("gunicorn.workers.ggevent.GeventPyWSGIWorker", "gevent_server", _connections, waits="gevent_loop"),
    _Kind("gunicorn.workers.ggevent", "request_hooks", _connections, waits="gevent_loop"),
    _Kind("gunicorn.workers.geventlet", "request_hooks", _connections, waits="eventlet_loop"),
    _Kind("gunicorn.workers.base_async", "request_hooks", _connections),
    _Kind("gunicorn.workers.sync", "request_hooks", lambda worker: 1, heartbeat="gunicorn.workers.sync:SyncWorker.wait"),
)

#: Any other class is assumed to call Gunicorn's hooks. Its capacity is unknown.
_OTHER = _Kind("", "request_hooks", lambda worker: 0)


def install(worker: Any, engine: ModuleType, check: Optional[Callable[[], None]]) -> None:
    """Starts recording the requests of this worker. Call it after the worker has loaded its application.

    ``check`` is called about once a second.
    """
    kind = guard.call("requests", _kind_of, type(worker)) or _OTHER
    guard.call("requests", _install, kind.adapter, worker, engine)
    refresh = guard.call("waits for threads and event loops", _install, kind.waits, worker, engine) if kind.waits else None
    # After the loop: the exporter assumes that a worker with a capacity but without a loop is of a class without loops.
    guard.call("the capacity of workers", _set_capacity, worker, engine, kind)
    checks = [each for each in (check, refresh) if each is not None]
    wrap(kind.heartbeat, lambda stock: _beating(stock, engine.heartbeat, checks), worker)


def _set_capacity(worker: Any, engine: ModuleType, kind: _Kind) -> None:
    engine.set_capacity(kind.capacity(worker))


def _install(module: str, worker: Any, engine: ModuleType) -> Any:
    return importlib.import_module(f".{module}", __package__).install(worker, engine)


def _beating(stock: Any, heartbeat: Callable[[], bool], checks: Sequence[Callable[[], None]]) -> Any:
    """Refreshes the worker's memory, CPU and uptime after each call that returns no work. A finished request does too.

    ``checks`` are called at most once a second, whether there is work or not.
    """
    last = 0.0

    def beat(*arguments: Any, **named: Any) -> Any:
        nonlocal last
        work = stock(*arguments, **named)
        try:
            # A refresh would delay the work.
            is_due = monotonic() - last >= _INTERVAL if work else heartbeat()
            if is_due:
                last = monotonic()
                for check in checks:
                    check()
        except Exception:
            guard.fault("memory, CPU and uptime")
        return work

    return beat


def _kind_of(worker_class: type) -> _Kind:
    names = [f"{base.__module__}.{base.__qualname__}." for base in worker_class.__mro__]
    return next((kind for kind in _KINDS if any(name.startswith(kind.place + ".") for name in names)), _OTHER)

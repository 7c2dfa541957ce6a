"""The worker classes, for instance ``worker_class = "gunicorn_prometheus_exporter.PrometheusWorker"``.

A class is created on first access, so that importing this module needs none of the packages that workers need.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

from .lazy_names import find, unavailable
from .namesake import NAMES
from .worker import InstrumentedWorker, instrument

if TYPE_CHECKING:
    from .namesake.workers import (
        PrometheusMixin as PrometheusMixin,
        get_prometheus_eventlet_worker as get_prometheus_eventlet_worker,
        get_prometheus_gevent_worker as get_prometheus_gevent_worker,
    )

    class PrometheusWorker(InstrumentedWorker): ...
    class PrometheusThreadWorker(InstrumentedWorker): ...
    class PrometheusGeventWorker(InstrumentedWorker): ...
    class PrometheusEventletWorker(InstrumentedWorker): ...
    class PrometheusTornadoWorker(InstrumentedWorker): ...
    class PrometheusUvicornWorker(InstrumentedWorker): ...
    class PrometheusASGIWorker(InstrumentedWorker): ...


class _Stock(NamedTuple):
    """The worker class that one of this package's classes extends."""

    #: Modules that may define it, in order of preference.
    places: tuple[str, ...]
    class_name: str
    needs: str


_STOCK = {
    "PrometheusWorker": _Stock(("gunicorn.workers.sync",), "SyncWorker", "gunicorn"),
    "PrometheusThreadWorker": _Stock(("gunicorn.workers.gthread",), "ThreadWorker", "gunicorn"),
    "PrometheusGeventWorker": _Stock(("gunicorn.workers.ggevent",), "GeventWorker", "gevent"),
    "PrometheusEventletWorker": _Stock(
        ("gunicorn.workers.geventlet",), "EventletWorker", "eventlet, and a gunicorn before 26"),
    "PrometheusTornadoWorker": _Stock(("gunicorn.workers.gtornado",), "TornadoWorker", "tornado"),
    "PrometheusUvicornWorker": _Stock(("uvicorn_worker", "uvicorn.workers"), "UvicornWorker", "uvicorn"),
    "PrometheusASGIWorker": _Stock(("gunicorn.workers.gasgi",), "ASGIWorker", "gunicorn 24 or later"),
}

__all__ = list(_STOCK)  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _STOCK:
        return find(__name__, name, NAMES["plugin"])
    stock = _stock_class(name, _STOCK[name])
    made = instrument(stock, name, __name__)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted({*globals(), *_STOCK, *NAMES["plugin"]})


def _stock_class(name: str, stock: _Stock) -> Any:
    cause: Exception = ImportError(name)
    for place in stock.places:
        try:
            return getattr(importlib.import_module(place), stock.class_name)
        except (ImportError, RuntimeError) as error:
            # Gunicorn's worker modules raise RuntimeError if their package is missing or too old.
            cause = error
    raise unavailable(f"{name} needs {stock.needs}: {cause}; install it where Gunicorn runs") from cause

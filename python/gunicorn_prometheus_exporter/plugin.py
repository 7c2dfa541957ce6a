"""The worker classes, for instance ``worker_class = "gunicorn_prometheus_exporter.plugin.PrometheusWorker"``.

A class is created on first access, so that importing this module needs none of the packages that workers need.
"""

import importlib
from typing import Any, NamedTuple

from .worker import instrument


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
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    stock = _stock_class(name, _STOCK[name])
    made = instrument(stock, name, __name__)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted({*globals(), *_STOCK})


def _stock_class(name: str, stock: _Stock) -> Any:
    cause: Exception = ImportError(name)
    for place in stock.places:
        try:
            return getattr(importlib.import_module(place), stock.class_name)
        except (ImportError, RuntimeError) as error:
            # Gunicorn's worker modules raise RuntimeError if their package is missing or too old.
            cause = error
    raise ImportError(f"{name} needs {stock.needs}: {cause}; install it where Gunicorn runs") from cause

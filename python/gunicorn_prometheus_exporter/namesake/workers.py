"""Worker classes under the names of the package of the same name."""

from typing import Optional

from .. import plugin
from ..worker import InstrumentedWorker

#: The base that makes a worker class record, in front of Gunicorn's own: ``class Mine(PrometheusMixin, SyncWorker)``.
PrometheusMixin = InstrumentedWorker


def get_prometheus_gevent_worker() -> Optional[type[InstrumentedWorker]]:
    """Returns ``PrometheusGeventWorker``, or None if gevent is missing."""
    return getattr(plugin, "PrometheusGeventWorker", None)


def get_prometheus_eventlet_worker() -> Optional[type[InstrumentedWorker]]:
    """Returns ``PrometheusEventletWorker``, or None if eventlet is missing or Gunicorn is 26 or later."""
    return getattr(plugin, "PrometheusEventletWorker", None)

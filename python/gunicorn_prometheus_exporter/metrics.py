"""The metric classes. Objects are free to make anywhere; the engine is loaded when the first value is recorded."""

import os
from typing import Callable, ClassVar, Union

from . import engine, master_store
from .errors import MetricsError
from .registry import get_shared_registry

__all__ = [
    "MasterWorkerRestarts",
    "MetricsError",
    "WorkerCPU",
    "WorkerErrorHandling",
    "WorkerFailedRequests",
    "WorkerMemory",
    "WorkerRequestDuration",
    "WorkerRequests",
    "WorkerState",
    "WorkerUptime",
    "get_shared_registry",
]

LabelValue = Union[str, int]


class _Counter:
    """A counter of the catalogue."""

    family: ClassVar[str]

    def inc(self, amount: float = 1.0, **labels: LabelValue) -> None:
        """Adds an amount that is not negative. Raises MetricsError naming the family and the labels it expects."""
        _engine_method(_Counter, "inc")(self, amount, **labels)


class _Gauge:
    """A gauge of the catalogue."""

    family: ClassVar[str]

    def set(self, value: float, **labels: LabelValue) -> None:
        """Sets the value. Raises MetricsError naming the family and the labels it expects."""
        _engine_method(_Gauge, "set")(self, value, **labels)


class _Histogram:
    """A histogram of the catalogue."""

    family: ClassVar[str]

    def observe(self, value: float, **labels: LabelValue) -> None:
        """Adds an observation. Raises MetricsError naming the family and the labels it expects."""
        _engine_method(_Histogram, "observe")(self, value, **labels)


#: The methods above, which load the engine.
_LOADING_METHODS = ((_Counter, "inc", _Counter.inc), (_Gauge, "set", _Gauge.set), (_Histogram, "observe", _Histogram.observe))

_restores_in_children = False


def _engine_method(owner: type, name: str) -> Callable[..., None]:
    """Replaces a method of this module by the engine's own, which costs no Python frame, and returns it."""
    global _restores_in_children
    method = engine.load().metric_method(owner, name)
    if not _restores_in_children:
        _restores_in_children = True
        # engine.load decides for each process whether it may record.
        os.register_at_fork(after_in_child=_restore_methods)
    setattr(owner, name, method)
    return method


def _restore_methods() -> None:
    for owner, name, method in _LOADING_METHODS:
        setattr(owner, name, method)


class WorkerRequests(_Counter):
    """Requests finished. Label: worker_id."""

    family = "gunicorn_worker_requests_total"


class WorkerRequestDuration(_Histogram):
    """Latency in seconds. Label: worker_id."""

    family = "gunicorn_worker_request_duration_seconds"


class WorkerMemory(_Gauge):
    """Resident memory in bytes. Label: worker_id."""

    family = "gunicorn_worker_memory_bytes"


class WorkerCPU(_Gauge):
    """Processor use in percent of one core. Label: worker_id."""

    family = "gunicorn_worker_cpu_percent"


class WorkerUptime(_Gauge):
    """Age of the worker process in seconds. Label: worker_id."""

    family = "gunicorn_worker_uptime_seconds"


class WorkerFailedRequests(_Counter):
    """Responses with status 4xx or 5xx. Labels: worker_id, method, endpoint, status_code."""

    family = "gunicorn_worker_failed_requests_total"


class WorkerErrorHandling(_Counter):
    """Exceptions that made a request fail. Labels: worker_id, method, endpoint, error_type."""

    family = "gunicorn_worker_error_handling_total"


class WorkerState(_Gauge):
    """The state set of a worker. Labels: worker_id, state, timestamp.

    The timestamp, a Unix time in seconds, becomes the value of gunicorn_worker_state_change_timestamp_seconds: as a
    label it would make a new series at every change.
    """

    family = "gunicorn_worker_state"


class WorkerInfo(_Gauge):
    """The process in a slot. Labels: worker_id, pid, worker_class, python, gunicorn. Set by the worker itself."""

    family = "gunicorn_worker_info"


class MasterWorkerRestarts(_Counter):
    """Workers started to replace one that ended. No labels; in a master it goes to the master's own file."""

    family = "gunicorn_master_worker_restarts_total"

    def inc(self, amount: float = 1.0, **labels: LabelValue) -> None:
        """Adds an amount that is not negative. Raises MetricsError naming the family and the labels it expects."""
        store = master_store.current()
        if store is None:
            super().inc(amount, **labels)
        else:
            store.add(self.family, amount, **labels)

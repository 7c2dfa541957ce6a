"""The metric classes. Objects are free to make anywhere; the engine is loaded when the first value is recorded.

Every operation can be called on the class and on an instance, with the same effect.
"""

import os
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Union, cast

from . import engine, master_store
from .errors import MetricsError
from .lazy_names import find
from .namesake import NAMES
from .namesake.notice import report_once
from .store_registry import get_shared_registry

if TYPE_CHECKING:
    from .namesake.metrics import (
        MasterWorkerRestartCount as MasterWorkerRestartCount,
        WorkerRequestSize as WorkerRequestSize,
        WorkerResponseSize as WorkerResponseSize,
        WorkerRestartCount as WorkerRestartCount,
        WorkerRestartReason as WorkerRestartReason,
    )
    from .namesake.registry import registry as registry

__all__ = [
    "BaseMetric",
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


class BaseMetric:
    """The base of every metric class."""

    #: The metric's name.
    family: ClassVar[str]

    @classmethod
    def labels(cls, **labels: LabelValue) -> "LabelledMetric":
        """Returns the metric with these labels, whose operations take none."""
        return LabelledMetric(cls, labels)


class LabelledMetric:
    """A metric class with labels, as ``BaseMetric.labels`` returns it."""

    def __init__(self, metric: type[BaseMetric], labels: dict[str, LabelValue]) -> None:
        """Keeps both."""
        self._metric: Any = metric
        self._labels = labels

    def inc(self, amount: float = 1.0) -> None:
        """Adds to a counter."""
        self._metric.inc(amount, **self._labels)

    def set(self, value: float) -> None:
        """Sets a gauge."""
        self._metric.set(value, **self._labels)

    def observe(self, value: float) -> None:
        """Adds an observation to a histogram."""
        self._metric.observe(value, **self._labels)


class _Counter(BaseMetric):
    """A counter of the catalogue."""

    @classmethod
    def inc(cls, amount: float = 1.0, **labels: LabelValue) -> None:
        """Adds an amount that is not negative. Raises MetricsError naming the family and the labels it expects."""
        _engine_method(_Counter, "inc", cls)(amount, **labels)


class _Gauge(BaseMetric):
    """A gauge of the catalogue."""

    @classmethod
    def set(cls, value: float, **labels: LabelValue) -> None:
        """Sets the value. Raises MetricsError naming the family and the labels it expects."""
        _engine_method(_Gauge, "set", cls)(value, **labels)


class _Histogram(BaseMetric):
    """A histogram of the catalogue."""

    @classmethod
    def observe(cls, value: float, **labels: LabelValue) -> None:
        """Adds an observation. Raises MetricsError naming the family and the labels it expects."""
        _engine_method(_Histogram, "observe", cls)(value, **labels)


#: The methods above, which load the engine.
_LOADING_METHODS = tuple((owner, name, vars(owner)[name]) for owner, name in ((_Counter, "inc"), (_Gauge, "set"), (_Histogram, "observe")))

_restores_in_children = False


def _engine_method(owner: type, name: str, metric: type) -> Callable[..., None]:
    """Replaces a method of this module by the engine's own, which costs no Python frame, and returns it for a metric class."""
    global _restores_in_children
    method = engine.load().metric_method(owner, name)
    if not _restores_in_children:
        _restores_in_children = True
        # engine.load decides for each process whether it may record.
        os.register_at_fork(after_in_child=_restore_methods)
    setattr(owner, name, method)
    return cast(Callable[..., None], method.__get__(None, metric))


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

    @classmethod
    def inc(cls, amount: float = 1.0, **labels: LabelValue) -> None:
        """Adds an amount that is not negative. Raises MetricsError naming the family and the labels it expects."""
        if "error_type" in labels and "status_code" not in labels:
            labels["status_code"] = labels.pop("error_type")
            report_once("the label name error_type of WorkerFailedRequests", "the label is status_code; rename the argument")
        super().inc(amount, **labels)


class WorkerErrorHandling(_Counter):
    """Exceptions that made a request fail. Labels: worker_id, method, endpoint, error_type."""

    family = "gunicorn_worker_error_handling_total"


class WorkerState(_Gauge):
    """The state set of a worker. Labels: worker_id, state, timestamp.

    The timestamp, a Unix time in seconds, becomes the value of gunicorn_worker_state_change_timestamp_seconds: as a
    label it would make a new series at every change.
    """

    family = "gunicorn_worker_state"

    #: Names of states in the package of the same name.
    _SAME: ClassVar[dict[LabelValue, str]] = {"quitting": "quit", "aborting": "abort"}

    @classmethod
    def set(cls, value: float, **labels: LabelValue) -> None:
        """Sets the value. Raises MetricsError naming the family and the labels it expects."""
        if labels.get("state") in cls._SAME:
            labels["state"] = cls._SAME[labels["state"]]
        super().set(value, **labels)


class WorkerInfo(_Gauge):
    """The process in a slot. Labels: worker_id, pid, worker_class, python, gunicorn. Set by the worker itself."""

    family = "gunicorn_worker_info"


class ListenerSocket(_Gauge):
    """A listening socket of a worker, not exposed. Label: inode. Set by the worker itself."""

    family = "gunicorn_exporter_listener_socket"


class MasterWorkerRestarts(_Counter):
    """Workers started to replace one that ended. No labels; in a master it goes to the master's own file."""

    family = "gunicorn_master_worker_restarts_total"

    @classmethod
    def inc(cls, amount: float = 1.0, **labels: LabelValue) -> None:
        """Adds an amount that is not negative. Raises MetricsError naming the family and the labels it expects."""
        if "reason" in labels:
            del labels["reason"]
            report_once("the label reason of MasterWorkerRestarts", "query gunicorn_worker_exits_total, which has the reasons")
        store = master_store.current()
        if store is None:
            super().inc(amount, **labels)
        else:
            store.add(cls.family, amount, **labels)


def __getattr__(name: str) -> Any:
    return find(__name__, name, NAMES["metrics"])


def __dir__() -> list[str]:
    return sorted({*globals(), *NAMES["metrics"]})

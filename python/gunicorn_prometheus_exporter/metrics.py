"""The metric classes. Objects are free to make anywhere; the engine is loaded when the first value is recorded."""

from typing import ClassVar, Union

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
        engine.load().inc(self.family, amount, labels)


class _Gauge:
    """A gauge of the catalogue."""

    family: ClassVar[str]

    def set(self, value: float, **labels: LabelValue) -> None:
        """Sets the value. Raises MetricsError naming the family and the labels it expects."""
        engine.load().set(self.family, value, labels)


class WorkerRequests(_Counter):
    """Requests finished. Label: worker_id."""

    family = "gunicorn_worker_requests_total"


class WorkerRequestDuration:
    """Latency in seconds. Label: worker_id."""

    family = "gunicorn_worker_request_duration_seconds"

    def observe(self, value: float, **labels: LabelValue) -> None:
        """Adds an observation. Raises MetricsError naming the family and the labels it expects."""
        engine.load().observe(self.family, value, labels)


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
    """Exceptions that reached the worker. Labels: worker_id, method, endpoint, error_type."""

    family = "gunicorn_worker_error_handling_total"


class WorkerState(_Gauge):
    """The state set of a worker. Labels: worker_id, state, timestamp.

    The timestamp, a Unix time in seconds, becomes the value of gunicorn_worker_state_change_timestamp_seconds: as a
    label it would make a new series at every change.
    """

    family = "gunicorn_worker_state"


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

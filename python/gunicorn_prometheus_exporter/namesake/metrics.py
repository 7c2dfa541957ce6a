"""Metric classes that only the package of the same name has."""

from ..metrics import BaseMetric, LabelValue, _Histogram
from .notice import report_once


class WorkerRequestSize(_Histogram):
    """Size of request bodies in bytes. Label: worker_id."""

    family = "gunicorn_worker_request_size_bytes"


class WorkerResponseSize(_Histogram):
    """Size of response bodies in bytes. Label: worker_id."""

    family = "gunicorn_worker_response_size_bytes"


class _ExitCount(BaseMetric):
    """Counts exits of workers, which the master does here, with the reasons that the kernel reports."""

    @classmethod
    def inc(cls, amount: float = 1.0, **labels: LabelValue) -> None:
        """Records nothing. Logs once which metrics have the counts."""
        report_once(
            f"{cls.__name__}.inc",
            "the master itself counts exits and restarts of workers; remove the call, and query gunicorn_worker_exits_total and "
            "gunicorn_master_worker_restarts_total")


class WorkerRestartReason(_ExitCount):
    """Restarts by reason, as the worker saw them. Labels there: worker_id, reason."""

    family = "gunicorn_worker_restart_total"


class WorkerRestartCount(_ExitCount):
    """Restarts by type and reason, as the worker saw them. Labels there: worker_id, restart_type, reason."""

    family = "gunicorn_worker_restart_count_total"


class MasterWorkerRestartCount(_ExitCount):
    """Restarts by type and reason, as the master saw them. Labels there: worker_id, reason, restart_type."""

    family = "gunicorn_master_worker_restart_count_total"

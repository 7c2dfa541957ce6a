"""The worker class for ``worker_class = "gunicorn_prometheus_exporter.plugin.PrometheusWorker"``."""

from gunicorn.workers.sync import SyncWorker

from .worker import InstrumentedWorker


class PrometheusWorker(InstrumentedWorker, SyncWorker):
    """Gunicorn's synchronous worker, which records every request."""

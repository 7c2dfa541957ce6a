"""A Gunicorn configuration that is complete: ``gunicorn -c python:gunicorn_prometheus_exporter.conf app:app``."""

from .hooks import (
    default_on_exit as on_exit,
    default_on_starting as on_starting,
    default_when_ready as when_ready,
    default_worker_int as worker_int,
)

__all__ = ["on_exit", "on_starting", "when_ready", "worker_int"]

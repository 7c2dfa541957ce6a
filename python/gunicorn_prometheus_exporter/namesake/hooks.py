"""Hooks that only the package of the same name has."""

import os
import socket
from typing import Any

from .. import guard
from ..hooks import start_forwarding_exporter


def default_post_fork(server: Any, worker: Any) -> None:
    """Sets GUNICORN_WORKERS, GUNICORN_TIMEOUT, GUNICORN_KEEPALIVE, GUNICORN_BIND and GUNICORN_WORKER_CLASS in the worker's
    environment to the values in force, wherever they were set.
    """
    guard.call("anything", _export_settings, server.cfg)


def redis_sidecar_when_ready(server: Any) -> None:
    """Starts the exporter to forward to Redis. A sidecar serves /metrics, so the exporter leaves the metrics port to it."""
    guard.call("anything", _start_beside_sidecar, server)


def _export_settings(cfg: Any) -> None:
    os.environ.update({
        "GUNICORN_WORKERS": str(cfg.workers),
        "GUNICORN_TIMEOUT": str(cfg.timeout),
        "GUNICORN_KEEPALIVE": str(cfg.keepalive),
        "GUNICORN_BIND": ",".join(cfg.bind),
        "GUNICORN_WORKER_CLASS": str(cfg.worker_class_str),
    })


def _start_beside_sidecar(server: Any) -> None:
    # An exporter always listens. The port that it gets is one that the kernel does not give to others.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start_forwarding_exporter(server, {"PROMETHEUS_BIND_ADDRESS": "127.0.0.1", "PROMETHEUS_METRICS_PORT": str(port)})

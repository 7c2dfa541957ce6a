"""A Gunicorn configuration that is complete: ``gunicorn -c python:gunicorn_prometheus_exporter.conf app:app``.

GUNICORN_WORKERS, GUNICORN_TIMEOUT and GUNICORN_KEEPALIVE count where they are set; Gunicorn's flags win over them.
"""

import os

from .config import ExporterConfig
from .hooks import (
    default_on_exit as on_exit,
    default_on_starting as on_starting,
    default_when_ready as when_ready,
    default_worker_int as worker_int,
)

__all__ = ["on_exit", "on_starting", "when_ready", "worker_int"]

_given = [name for name in ("workers", "timeout", "keepalive") if os.environ.get(f"GUNICORN_{name.upper()}")]
if _given:
    _settings = ExporterConfig().get_gunicorn_config()
    globals().update({name: _settings[name] for name in _given})

"""A complete Gunicorn configuration: ``gunicorn -c python:gunicorn_prometheus_exporter.conf app:app``.

It applies GUNICORN_WORKERS, GUNICORN_TIMEOUT and GUNICORN_KEEPALIVE from the environment or from the file that
GUNICORN_EXPORTER_CONFIG_FILE names. Gunicorn's command-line flags override them.
"""

import os

from .absence import ABSENCE
from .config import FILE_VARIABLE, ExporterConfig
from .hooks import (
    default_on_exit as on_exit,
    default_on_starting as on_starting,
    default_when_ready as when_ready,
    default_worker_int as worker_int,
)

__all__ = ["on_exit", "on_starting", "when_ready", "worker_int"]

_NAMES = ("workers", "timeout", "keepalive")

if ABSENCE is None and any(os.environ.get(name) for name in (FILE_VARIABLE, *(f"GUNICORN_{name.upper()}" for name in _NAMES))):
    _config = ExporterConfig()
    _settings = _config.get_gunicorn_config()
    globals().update({name: _settings[name] for name in _NAMES if _config.is_given(f"gunicorn_{name}")})

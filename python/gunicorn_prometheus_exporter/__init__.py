"""Prometheus metrics for Gunicorn: the glue that Gunicorn imports. The engine behind it is written in C#.

Importing this package loads neither the engine nor Gunicorn nor ``prometheus_client``.
"""

from .config import load_yaml_config
from .hooks import (
    default_on_exit,
    default_on_starting,
    default_when_ready,
    default_worker_int,
    redis_when_ready,
)

__all__ = [
    "default_on_exit",
    "default_on_starting",
    "default_when_ready",
    "default_worker_int",
    "load_yaml_config",
    "redis_when_ready",
]

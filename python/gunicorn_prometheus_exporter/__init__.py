"""Prometheus metrics for Gunicorn: the glue that Gunicorn imports. The engine behind it is written in C#.

Importing this package loads neither the engine nor Gunicorn nor ``prometheus_client``.
"""

from typing import TYPE_CHECKING, Any

from .config import load_yaml_config

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    # Gunicorn reads the hooks with its configuration. Importing them then also creates the store's directory in time.
    if name in __all__:
        from . import hooks

        return getattr(hooks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

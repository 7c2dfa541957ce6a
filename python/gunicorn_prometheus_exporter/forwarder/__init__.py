"""Forwards metrics: the exporter sends them to Redis, an application's own forwarders send them elsewhere."""

from typing import Optional

from .base import BaseForwarder
from .manager import ForwarderManager
from .redis import RedisForwarder

__all__ = ["BaseForwarder", "ForwarderManager", "RedisForwarder", "create_redis_forwarder", "get_forwarder_manager"]

_manager: Optional[ForwarderManager] = None


def create_redis_forwarder() -> RedisForwarder:
    """Returns a forwarder to the Redis configured in the environment. Add it to a ForwarderManager to run it."""
    return RedisForwarder()


def get_forwarder_manager() -> ForwarderManager:
    """Returns the process's single manager."""
    global _manager
    if _manager is None:
        _manager = ForwarderManager()
    return _manager

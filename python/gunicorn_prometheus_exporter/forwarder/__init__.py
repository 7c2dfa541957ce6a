"""Forwarding of metrics: to Redis by the exporter, elsewhere by an application's own forwarders."""

from typing import Optional

from .base import BaseForwarder
from .manager import ForwarderManager
from .redis import RedisForwarder

__all__ = ["BaseForwarder", "ForwarderManager", "RedisForwarder", "create_redis_forwarder", "get_forwarder_manager"]

_manager: Optional[ForwarderManager] = None


def create_redis_forwarder() -> RedisForwarder:
    """Returns a forwarder to the Redis that the environment names; a ForwarderManager has the exporter run it."""
    return RedisForwarder()


def get_forwarder_manager() -> ForwarderManager:
    """Returns the manager of this process, always the same."""
    global _manager
    if _manager is None:
        _manager = ForwarderManager()
    return _manager

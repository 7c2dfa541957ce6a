"""Forwarding of metrics, which this version does not do yet: the names are there, and say so when called."""

from typing import NoReturn

from ..errors import MetricsError
from .manager import ForwarderManager

__all__ = ["ForwarderManager", "create_redis_forwarder", "get_forwarder_manager"]


def create_redis_forwarder() -> NoReturn:
    """Raises MetricsError: there is no Redis forwarder yet."""
    raise MetricsError("this version cannot forward metrics to Redis yet; scrape the exporter instead")


def get_forwarder_manager() -> ForwarderManager:
    """Raises MetricsError: there is nothing to manage yet."""
    return ForwarderManager()

"""Redis as the store of metrics. Here files are the store, and the exporter forwards what they hold to Redis."""

from typing import TYPE_CHECKING, Optional

from ..config import ExporterConfig
from ..store_registry import get_shared_registry
from .notice import report_once

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_INSTEAD = (
    "metrics are stored in files, and the exporter forwards them to Redis; remove the call, and set REDIS_ENABLED=true or the "
    "hook redis_when_ready"
)


class RedisStorageManager:
    """Reports whether metrics are forwarded to Redis. Its other methods have no effect: there is no storage to manage."""

    def __init__(self, redis_client_factory: object = None, value_class_factory: object = None) -> None:
        """Ignores the factories."""

    def setup(self) -> bool:
        """Returns whether metrics are forwarded to Redis."""
        report_once("RedisStorageManager.setup", _INSTEAD)
        return self.is_enabled()

    def teardown(self) -> None:
        """Does nothing: forwarding stops with the exporter."""
        report_once("RedisStorageManager.teardown", _INSTEAD)

    def is_enabled(self) -> bool:
        """Returns whether REDIS_ENABLED or the configuration file enables forwarding. Raises ConfigurationError if it is invalid."""
        return ExporterConfig().redis_enabled

    def get_client(self) -> None:
        """Returns None: this process has no connection to Redis."""
        report_once("RedisStorageManager.get_client", _INSTEAD)

    def cleanup_keys(self) -> None:
        """Does nothing: keys of exporters that stopped expire."""
        report_once("RedisStorageManager.cleanup_keys", _INSTEAD)

    def get_collector(self) -> "CollectorRegistry":
        """Returns the registry with the metrics of this host's store."""
        return get_shared_registry()


_manager: Optional[RedisStorageManager] = None


def get_redis_storage_manager() -> RedisStorageManager:
    """Returns the process's single manager."""
    global _manager
    if _manager is None:
        _manager = RedisStorageManager()
    return _manager


def setup_redis_metrics() -> bool:
    """Returns whether metrics are forwarded to Redis."""
    report_once("setup_redis_metrics", _INSTEAD)
    return is_redis_enabled()


def teardown_redis_metrics() -> None:
    """Does nothing: forwarding stops with the exporter."""
    report_once("teardown_redis_metrics", _INSTEAD)


def is_redis_enabled() -> bool:
    """Returns whether REDIS_ENABLED or the configuration file enables forwarding. Raises ConfigurationError if it is invalid."""
    return get_redis_storage_manager().is_enabled()

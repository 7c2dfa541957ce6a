"""The exporter's configuration, as the executable reads it from the environment."""

import logging
import os
from typing import Any, Optional, TypeVar

from .errors import ConfigurationError, MetricsError
from .executable import ask

__all__ = ["ConfigurationError", "ExporterConfig"]

_log = logging.getLogger(__name__)

_T = TypeVar("_T", int, str, bool)


class ExporterConfig:
    """The settings of this process's environment, read and validated once, when constructed.

    A property whose variable is invalid raises ConfigurationError; ``validate`` reports all of them at once.
    """

    def __init__(self) -> None:
        """Reads the environment. Raises ConfigurationError if the executable that validates it cannot be run."""
        try:
            self._answer = ask("config", "--format", "json")
        except MetricsError as error:
            raise ConfigurationError(f"the configuration cannot be read: {error}") from error
        # Secrets do not travel through another process's output.
        self._redis_password = os.environ.get("REDIS_PASSWORD") or None

    @property
    def prometheus_metrics_port(self) -> int:
        """Port of the metrics server (PROMETHEUS_METRICS_PORT)."""
        return self._value("prometheus_metrics_port", int)

    @property
    def prometheus_bind_address(self) -> str:
        """Address that the metrics server binds (PROMETHEUS_BIND_ADDRESS)."""
        return self._value("prometheus_bind_address", str)

    @property
    def prometheus_multiproc_dir(self) -> str:
        """Directory of the store (PROMETHEUS_MULTIPROC_DIR)."""
        return self._value("prometheus_multiproc_dir", str)

    @property
    def gunicorn_workers(self) -> int:
        """Number of workers (GUNICORN_WORKERS)."""
        return self._value("gunicorn_workers", int)

    @property
    def gunicorn_timeout(self) -> int:
        """Worker timeout in seconds (GUNICORN_TIMEOUT)."""
        return self._value("gunicorn_timeout", int)

    @property
    def gunicorn_keepalive(self) -> int:
        """Seconds that an idle connection is kept (GUNICORN_KEEPALIVE)."""
        return self._value("gunicorn_keepalive", int)

    @property
    def redis_enabled(self) -> bool:
        """Whether metrics are forwarded to Redis (REDIS_ENABLED)."""
        return self._value("redis_enabled", bool)

    @property
    def redis_host(self) -> str:
        """Host of Redis (REDIS_HOST)."""
        return self._value("redis_host", str)

    @property
    def redis_port(self) -> int:
        """Port of Redis (REDIS_PORT)."""
        return self._value("redis_port", int)

    @property
    def redis_db(self) -> int:
        """Database number in Redis (REDIS_DB)."""
        return self._value("redis_db", int)

    @property
    def redis_password(self) -> Optional[str]:
        """Password of Redis, or None (REDIS_PASSWORD)."""
        return self._redis_password

    @property
    def redis_key_prefix(self) -> str:
        """What every key in Redis starts with (REDIS_KEY_PREFIX)."""
        return self._value("redis_key_prefix", str)

    @property
    def redis_forward_interval(self) -> int:
        """Seconds between two forwardings (REDIS_FORWARD_INTERVAL)."""
        return self._value("redis_forward_interval", int)

    @property
    def cleanup_db_files(self) -> bool:
        """Whether files of dead processes are removed at the start and folded later (CLEANUP_DB_FILES)."""
        return self._value("cleanup_db_files", bool)

    def validate(self) -> bool:
        """Returns whether every setting is valid, and logs one error for each that is not."""
        for error in self._errors:
            _log.error("%s", error["message"])
        return not self._errors

    def print_config(self) -> None:
        """Prints the configuration to standard output, secrets masked."""
        print(self._answer["text"].rstrip("\n"))

    def get_gunicorn_config(self) -> dict[str, Any]:
        """Returns Gunicorn's settings by Gunicorn's names. Raises ConfigurationError if one of them is invalid."""
        return self._group("gunicorn")

    def get_prometheus_config(self) -> dict[str, Any]:
        """Returns the metrics server's settings. Raises ConfigurationError if one of them is invalid."""
        return self._group("prometheus")

    @property
    def _errors(self) -> list[dict[str, Any]]:
        errors: list[dict[str, Any]] = self._answer["errors"]
        return errors

    def _group(self, name: str) -> dict[str, Any]:
        settings: Optional[dict[str, Any]] = self._answer[name]
        if settings is None:
            raise ConfigurationError("; ".join(error["message"] for error in self._errors))
        return settings

    def _value(self, name: str, kind: type[_T]) -> _T:
        values: dict[str, _T] = self._answer["config"]
        if name in values:
            return values[name]
        raise ConfigurationError("; ".join(e["message"] for e in self._errors if e["variable"] == name.upper()))

"""The forwarder to Redis, which runs in the exporter."""

import os
from typing import Optional, Union

from ..errors import MetricsError
from .base import BaseForwarder

_SERVER = ("REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_USERNAME", "REDIS_PASSWORD")


class RedisForwarder(BaseForwarder):
    """Keeps the last snapshot of the store in Redis. It runs in the exporter, so it does not stop with this process."""

    #: The exporter's name for the kind of destination.
    destination = "redis"

    def __init__(
        self,
        *,
        url: Optional[str] = None,
        host: Optional[str] = None,
        port: Optional[int] = None,
        db: Optional[int] = None,
        username: Optional[str] = None,
        password: Optional[str] = None,
        ssl: Optional[bool] = None,
        ca_file: Optional[str] = None,
        sentinel_service: Optional[str] = None,
        key_prefix: Optional[str] = None,
        forward_interval: Optional[int] = None,
        instance: Optional[str] = None,
    ) -> None:
        """Sets what the variables ``REDIS_*`` and ``GUNICORN_EXPORTER_INSTANCE`` set.

        Omitted values come from this process's environment, or else from the exporter's. The exporter validates all values
        when the forwarder is added.
        """
        given = {
            "REDIS_URL": url,
            "REDIS_HOST": host,
            "REDIS_PORT": port,
            "REDIS_DB": db,
            "REDIS_USERNAME": username,
            "REDIS_PASSWORD": password,
            "REDIS_SSL": ssl,
            "REDIS_CA_FILE": ca_file,
            "REDIS_SENTINEL_SERVICE": sentinel_service,
            "REDIS_KEY_PREFIX": key_prefix,
            "REDIS_FORWARD_INTERVAL": forward_interval,
            "GUNICORN_EXPORTER_INSTANCE": instance,
        }
        if url is None and any(given[name] is not None for name in _SERVER):
            # A URL in the environment would override these arguments.
            given["REDIS_URL"] = ""
        chosen = {name: os.environ.get(name) if value is None else _text(value) for name, value in given.items()}
        #: The settings by variable name.
        self.settings = {name: text for name, text in chosen.items() if text is not None}

    def _forward_metrics(self, metrics: str) -> None:
        raise MetricsError("a RedisForwarder runs in the exporter: add it to a ForwarderManager and start it there")


def _text(value: Union[str, int, bool]) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

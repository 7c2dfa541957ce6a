"""Copies settings of the configuration file to ``os.environ``, where Gunicorn's configuration and applications look for them.

The executable reads the file itself and prefers the environment, so it is run without the copies: a changed file would have no
effect otherwise.
"""

import os
from collections.abc import Mapping
from typing import Any

#: The variables that are copied. Secrets are not: the executable does not print them.
NAMES = (
    "PROMETHEUS_METRICS_PORT", "PROMETHEUS_BIND_ADDRESS", "PROMETHEUS_MULTIPROC_DIR",
    "PROMETHEUS_SSL_CERTFILE", "PROMETHEUS_SSL_KEYFILE", "PROMETHEUS_SSL_CLIENT_CAFILE", "PROMETHEUS_SSL_CLIENT_CAPATH",
    "PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED",
    "GUNICORN_WORKERS", "GUNICORN_TIMEOUT", "GUNICORN_KEEPALIVE",
    "REDIS_ENABLED", "REDIS_HOST", "REDIS_PORT", "REDIS_DB", "REDIS_KEY_PREFIX", "REDIS_TTL_SECONDS", "REDIS_TTL_DISABLED",
    "CLEANUP_DB_FILES",
)

#: The variable with the copies, one ``NAME=value`` a line, for this process and the masters that it starts.
_COPIES = "GUNICORN_EXPORTER_FROM_FILE"

#: Places of settings that are not in a file.
_ELSEWHERE = ("default", "environment", "flag")

#: In a worker: the variables of Gunicorn's settings, with the values of the running server.
_of_server: dict[str, str] = {}


def copy(settings: Mapping[str, Any], places: Mapping[str, str]) -> None:
    """Replaces the copies of an earlier call. Variables that the environment sets itself stay as they are."""
    copies = {
        name: _text(settings[name.lower()]) for name in NAMES
        if settings.get(name.lower()) is not None and places[name.lower()] not in _ELSEWHERE}
    for name in _copied():
        del os.environ[name]
    os.environ.update(copies)
    _remember(copies)


def keep(name: str) -> None:
    """Makes a variable the environment's own: a changed file does not change it any more."""
    _remember({other: os.environ[other] for other in _copied() if other != name})


def without_copies() -> dict[str, str]:
    """Returns the environment for processes that read the file themselves."""
    copied = (_COPIES, *_copied())
    return {**{name: value for name, value in os.environ.items() if name not in copied}, **_of_server}


def follow(cfg: Any) -> None:
    """Makes the settings of this worker's server override variables and the file, which a master reads at each reload."""
    _of_server.update({f"GUNICORN_{name.upper()}": str(getattr(cfg, name)) for name in ("workers", "timeout", "keepalive")})


def _copied() -> list[str]:
    """Returns the variables that still have the copied value."""
    copies = [line.partition("=") for line in os.environ.get(_COPIES, "").split("\n")]
    return [name for name, _, value in copies if name in NAMES and os.environ.get(name) == value]


def _remember(copies: dict[str, str]) -> None:
    if copies or _COPIES in os.environ:
        os.environ[_COPIES] = "\n".join(f"{name}={value}" for name, value in copies.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

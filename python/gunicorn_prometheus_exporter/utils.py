"""The directory that the processes share."""

import logging
import os
from typing import Optional

from .config import ExporterConfig
from .errors import MetricsError
from .executable import ask

_log = logging.getLogger(__name__)

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def get_multiprocess_dir() -> Optional[str]:
    """Returns the directory that the environment names, or None."""
    return os.environ.get(VARIABLE) or None


def store_directory() -> str:
    """Returns the directory that the environment names, else the default. Raises ConfigurationError."""
    return get_multiprocess_dir() or ExporterConfig().prometheus_multiproc_dir


def export_directory(directory: str) -> None:
    """Names the directory to this process's children, and to a ``prometheus_client`` that they import."""
    os.environ[VARIABLE] = directory


def ensure_multiprocess_dir(mp_dir: str) -> bool:
    """Makes the directory, private to this user, where there is none. Returns whether it can be used as a store.

    What is wrong with one that cannot is logged.
    """
    try:
        errors = ask("ensure", "--dir", mp_dir)["errors"]
    except MetricsError as error:
        errors = [str(error)]
    for message in errors:
        _log.error("%s", message)
    return not errors

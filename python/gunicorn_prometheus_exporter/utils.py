"""The directory that the processes share."""

import logging
import os
from typing import Optional

from .config import ExporterConfig
from .errors import ConfigurationError, MetricsError
from .executable import ask
from .file_environment import keep
from .log_lines import one_line

_log = logging.getLogger(__name__)

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def get_multiprocess_dir() -> Optional[str]:
    """Returns the directory in PROMETHEUS_MULTIPROC_DIR, or None."""
    return os.environ.get(VARIABLE) or None


def store_directory() -> str:
    """Returns the directory in PROMETHEUS_MULTIPROC_DIR, or the default. Raises ConfigurationError."""
    return get_multiprocess_dir() or of_text(ExporterConfig().prometheus_multiproc_dir)


def store_text() -> str:
    """Returns ``store_directory`` as UTF-8 text for the engine, whatever Python's file system encoding is.

    Raises ConfigurationError if there is no directory or its name is not valid UTF-8.
    """
    directory = os.fsencode(store_directory())
    try:
        return directory.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(not_text(directory)) from error


def not_text(directory: bytes) -> str:
    return f"{VARIABLE}: {directory.decode(errors='backslashreplace')} is not valid UTF-8; choose another directory"


def export_directory(directory: str) -> None:
    """Sets PROMETHEUS_MULTIPROC_DIR for this process's children and for ``prometheus_client``."""
    os.environ[VARIABLE] = of_text(directory)
    keep(VARIABLE)


def of_text(path: str) -> str:
    """Converts a path from the executable's UTF-8 to Python's file system encoding."""
    return os.fsdecode(path.encode())


def ensure_multiprocess_dir(mp_dir: str) -> bool:
    """Creates the directory, private to this user, if it is missing. Returns whether it can be used as a store.

    Logs why if it cannot.
    """
    try:
        errors = ask("ensure", "--dir", mp_dir)["errors"]
    except MetricsError as error:
        errors = [str(error)]
    for message in errors:
        _log.error("%s", one_line(message))
    return not errors

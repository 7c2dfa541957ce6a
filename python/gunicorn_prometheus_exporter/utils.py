"""The directory that the processes share."""

import logging
import os
from typing import Optional

from .config import ExporterConfig
from .errors import ConfigurationError, MetricsError
from .executable import ask

_log = logging.getLogger(__name__)

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def get_multiprocess_dir() -> Optional[str]:
    """Returns the directory that the environment names, or None."""
    return os.environ.get(VARIABLE) or None


def store_directory() -> str:
    """Returns the directory that the environment names, else the default. Raises ConfigurationError."""
    return get_multiprocess_dir() or of_text(ExporterConfig().prometheus_multiproc_dir)


def store_text() -> str:
    """Returns ``store_directory`` as the engine takes it: as text, whatever encoding Python has for the names of files.

    Raises ConfigurationError, also if the name is not valid UTF-8.
    """
    directory = os.fsencode(store_directory())
    try:
        return directory.decode()
    except UnicodeDecodeError as error:
        raise ConfigurationError(not_text(directory)) from error


def not_text(directory: bytes) -> str:
    """Returns the error for a directory whose name is not valid UTF-8."""
    return f"{VARIABLE}: {directory.decode(errors='backslashreplace')} is not valid UTF-8; choose another directory"


def export_directory(directory: str) -> None:
    """Names the directory to this process's children, and to a ``prometheus_client`` that they import."""
    os.environ[VARIABLE] = of_text(directory)


def of_text(path: str) -> str:
    """Returns a path that the executable has given as text, as Python has it for the names of files."""
    return os.fsdecode(path.encode())


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

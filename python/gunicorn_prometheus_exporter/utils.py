"""The directory that the processes share."""

import os
from typing import Optional

from .config import ExporterConfig

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

"""Worker classes whose requests cannot be observed: a warning says so."""

from types import ModuleType
from typing import Any


def install(worker: Any, engine: ModuleType) -> None:
    """Logs that the requests of the worker are not counted."""
    worker.log.warning(
        "Requests are not counted: %s calls none of Gunicorn's hooks; processes, exits and the application's own metrics "
        "are recorded", worker.cfg.worker_class_str)

"""The guard stops every exception of this package before Gunicorn, a worker or the application sees it.

It drops the recording that raised, logs the first failure of each part, and counts every failure. The next recording of the
part runs as usual, so one odd request does not end the recording of the others. KeyboardInterrupt, SystemExit and other
exceptions that are not an Exception pass through.
"""

import contextlib
import logging
import os
import sys
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar

from .log_lines import with_fields

_PACKAGE = os.path.dirname(__file__)

_log = logging.getLogger("gunicorn.error")
_logged: set[str] = set()
_count: Optional[Callable[[], None]] = None

_T = TypeVar("_T")


def count_with(count: Callable[[], None]) -> None:
    """Counts faults from now on. Called when the engine is open, which counts in gunicorn_exporter_dropped_total."""
    global _count
    _count = count


def call(part: str, function: Callable[..., _T], *arguments: Any) -> Optional[_T]:
    """Calls a function of this package; returns its result, or None if it raises. ``part`` names what the log then reports."""
    try:
        return function(*arguments)
    except Exception:
        fault(part)
        return None


def fault(part: str) -> None:
    """Logs and counts the exception in flight. Call it in an ``except Exception`` where ``call`` would cost too much."""
    # A logger of the user's may raise.
    with contextlib.suppress(Exception):
        if part not in _logged:
            _logged.add(part)
            kind, error, traceback = sys.exc_info()
            name = "" if kind is None else kind.__name__
            _log.error(
                "gunicorn_prometheus_exporter: %s", with_fields(
                    "a recording failed and was dropped, later ones of this part are only counted:",
                    {"part": part, "error": f"{name}: {error}", "place": _place(traceback)}))
        if _count is not None:
            _count()


def _place(traceback: Optional[TracebackType]) -> str:
    """Returns the innermost line of this package in the traceback."""
    place = "?"
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if os.path.dirname(file) == _PACKAGE:
            place = f"{os.path.basename(file)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place

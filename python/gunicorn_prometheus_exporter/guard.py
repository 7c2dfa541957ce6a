"""The one place where exceptions of ours end: Gunicorn, its workers and the application never see one.

What raised is dropped, logged once for its part and counted; the next recording of the part is tried again, so that one odd
request does not end the recording of the others. KeyboardInterrupt, SystemExit and the like are nobody's to catch.
"""

import contextlib
import logging
import os
import sys
from types import TracebackType
from typing import Any, Callable, Optional, TypeVar

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
    """Calls a function of ours and returns what it returns, None if it raises; ``part`` names what is then not recorded."""
    try:
        return function(*arguments)
    except Exception:
        fault(part)
        return None


def fault(part: str) -> None:
    """Ends the exception that is being handled. Where a call more would cost too much, call it in an ``except Exception``."""
    # Not even a logger of the user's may raise here.
    with contextlib.suppress(Exception):
        if part not in _logged:
            _logged.add(part)
            kind, error, traceback = sys.exc_info()
            name = "" if kind is None else kind.__name__
            _log.error(
                "gunicorn_prometheus_exporter: a recording failed and was dropped, later ones of this part are only counted: "
                "part=\"%s\" error=\"%s: %s\" place=%s", part, name, error, _place(traceback))
        if _count is not None:
            _count()


def _place(traceback: Optional[TracebackType]) -> str:
    """Returns the innermost line of this package's that the exception came through."""
    place = "?"
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if os.path.dirname(file) == _PACKAGE:
            place = f"{os.path.basename(file)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place

"""Reports to Gunicorn's master that a worker is alive while this package makes the worker wait.

Otherwise the master would kill the worker after ``timeout`` and start another one, which would wait just as long.
"""

import os
from typing import Callable

from . import guard

_pid = 0
_notify: Callable[[], object] = lambda: None


def report_by(notify: Callable[[], object]) -> None:
    """Sets the function by which this process, a worker, reports to its master."""
    global _pid, _notify
    _pid, _notify = os.getpid(), notify


def beat() -> None:
    """Reports that the worker is alive. Does nothing in a process that is not a worker."""
    if os.getpid() == _pid:
        guard.call("the heartbeat of a worker that starts", _notify)

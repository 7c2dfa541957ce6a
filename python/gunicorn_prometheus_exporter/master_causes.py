"""Determines why a worker exited, from its status and from its object in the master."""

import signal
from dataclasses import dataclass
from typing import Any, Optional

from .worker_stage import Stage

#: Exit codes of a Gunicorn worker that could not boot (3) or not load its application (4).
_BOOT_ERRORS = (3, 4)

_ORDERS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


@dataclass(frozen=True)
class Ending:
    """How a process exited: with an exit code, by a signal, or, if both are None, unobserved."""

    exit_code: Optional[int]
    signal: Optional[int]

    #: Whether the kernel killed a process of this cgroup for lack of memory at that time.
    is_oom: bool


def reason_of(ending: Ending, worker: Any) -> str:
    """Returns the reason for the exit of a process. ``worker`` is its object in the process that reaps it."""
    if worker.aborted:
        return "timeout"
    if ending.is_oom:
        return "oom"
    # A stop signal kills a worker that has no handlers yet. Uvicorn sends itself the signal again after its shutdown.
    is_by_order = ending.signal in _ORDERS and (worker.exit_reason is not None or worker.stage is Stage.STOPPING)
    if ending.signal is not None and not is_by_order:
        return "signal"
    if ending.exit_code in _BOOT_ERRORS:
        return "boot_error"
    if ending.exit_code:
        return "boot_error" if worker.stage is Stage.BOOTING else "exit_code"
    if worker.exit_reason is not None:
        return worker.exit_reason
    if worker.stage is Stage.STOPPING:
        return "graceful"
    if worker.recycles_itself and worker.cfg.reload:
        return "reload"
    if worker.recycles_itself and worker.cfg.max_requests > 0:
        return "max_requests"
    return "graceful" if ending.exit_code == 0 and worker.recycles_itself else "unknown"

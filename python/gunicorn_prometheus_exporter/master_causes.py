"""Why a worker ended, from what its master knows of it."""

import signal
from dataclasses import dataclass
from typing import Any, Optional

from .worker_stage import Stage

#: The statuses with which a worker of Gunicorn's says that it, or its application, cannot be loaded.
_BOOT_ERRORS = (3, 4)

_ORDERS = (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT)


@dataclass(frozen=True)
class Ending:
    """How a process ended: by exit code, by signal, or, with neither, unseen."""

    exit_code: Optional[int]
    signal: Optional[int]

    #: Whether the kernel killed for lack of memory at that time.
    is_oom: bool


def reason_of(ending: Ending, worker: Any) -> str:
    """Returns a value of the label ``reason`` for the end of an instrumented worker, as its master's object knows it."""
    if worker.aborted:
        return "timeout"
    if ending.is_oom:
        return "oom"
    # A worker that has no handlers yet ends by the order itself, and Uvicorn by the order that it has carried out.
    is_by_order = ending.signal in _ORDERS and (worker.told is not None or worker.stage is Stage.TOLD)
    if ending.signal is not None and not is_by_order:
        return "signal"
    if ending.exit_code in _BOOT_ERRORS:
        return "boot_error"
    if ending.exit_code:
        return "boot_error" if worker.stage is Stage.BOOTING else "exit_code"
    if worker.told is not None:
        return worker.told
    if worker.stage is Stage.TOLD:
        return "graceful"
    if worker.cfg.reload:
        return "reload"
    if worker.cfg.max_requests > 0:
        return "max_requests"
    return "unknown" if ending.exit_code is None else "graceful"

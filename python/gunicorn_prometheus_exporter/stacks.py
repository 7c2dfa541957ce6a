"""The worker's side of stacks: a signal whose handler, in C, appends the stack of the thread that receives it to a file.

Other processes send it to a thread to learn where the thread hangs. Its default action would end the worker, so they send it only
while the worker's flight file has its number: the worker writes the number after the handler stands, and 0 before it leaves the signal
to the application. When the interpreter ends, the action left behind is to ignore the signal.
"""

import faulthandler
import os
import signal
from logging import Logger
from types import ModuleType
from typing import Any, Callable, Optional

from . import guard, stack_file
from .log_lines import one_line, with_fields
from .utils import store_directory
from .worker_stage import SharedStage, StackPlace

#: How many real-time signals are left free: glibc and the runtime use the first, and applications that use any mostly begin there too.
_SKIPPED = 5

#: The handler that the kernel reports for a signal with its default action.
_DEFAULT = 0

_STACKS = "stacks"


class StackHandler:
    """The handler of this worker, on the first free real-time signal."""

    def __init__(self, engine: ModuleType, stage: SharedStage, log: Logger) -> None:
        self._engine = engine
        self._stage = stage
        self._log = log
        self._worker = os.getpid()
        self._slot = int(engine.statistics()["worker_id"].rpartition("_")[2])
        # The application may change the variable later, and the engine's store is the one of now.
        self._path = os.path.join(store_directory(), stack_file.name_of(self._slot))
        self._signal = 0
        self._handler = _DEFAULT
        self._descriptor = -1
        self._file: Optional[tuple[int, int, int]] = None

    def stand(self, first: int) -> None:
        """Installs the handler on the first free signal from one on. Logs why if it cannot."""
        for number in range(first, signal.SIGRTMAX + 1):
            if self._engine.signal_handler(number) == _DEFAULT:
                # The action after the interpreter has removed the handler, as it does before the process exits.
                signal.signal(number, signal.SIG_IGN)
                self._register(number)
                return
        self._log.warning("Stacks of this worker are off: the application uses every real-time signal from SIGRTMIN+5 on")

    def check(self) -> None:
        """Moves to another signal if the application has taken this one, and to a new file if it has closed or removed that."""
        if not self._signal or os.getpid() != self._worker:
            return
        if self._engine.stack_faults():
            self._signal = 0
            self._tell(0)
            self._log.warning("Stacks of this worker are off: one ended in a fault, after which CPython writes no other")
            return
        is_taken = self._engine.signal_handler(self._signal) != self._handler
        if not is_taken and _identity(self._descriptor) == self._file:
            return
        # If the descriptor is another file's now, no stack must be written to it.
        lost, self._signal = self._signal, 0
        self._tell(0)
        if is_taken:
            self.stand(lost + 1)
        else:
            self._register(lost)
        self._log.warning(
            "gunicorn_prometheus_exporter: %s", with_fields(
                f"the {'signal' if is_taken else 'file'} of stacks was taken away:", {"signal": lost, "new_signal": self._signal}))

    def _register(self, number: int) -> None:
        """Makes the handler of a signal write to the file."""
        if self._file is None or _identity(self._descriptor) != self._file:
            try:
                self._descriptor = stack_file.create(self._path)
            except OSError as error:
                self._log.warning("Stacks of this worker are off: %s: %s; remove the file", one_line(self._path), error.strerror)
                return
            self._file = _identity(self._descriptor)
        faulthandler.register(number, file=self._descriptor, all_threads=False, chain=False)
        # CPython's handler changes errno, and a fault in it would end the process.
        handler = self._engine.guard_stack_signal(number)
        if handler < 0:
            faulthandler.unregister(number)
            self._log.warning("Stacks of this worker are off: the handler of signal %d cannot be set", number)
            return
        self._signal, self._handler = number, handler
        self._tell(number)

    def leave(self) -> None:
        """Restores the default action in a forked child, whose requests are nobody's."""
        if self._signal and signal.getsignal(self._signal) == signal.SIG_IGN:
            faulthandler.unregister(self._signal)
            signal.signal(self._signal, signal.SIG_DFL)

    def _tell(self, number: int) -> None:
        self._engine.set_stack_signal(number)
        self._stage.tell_stacks(StackPlace(number, self._slot))


def install(worker: Any, engine: ModuleType, stage: SharedStage) -> Optional[Callable[[], None]]:
    """Installs the handler unless the configuration forbids it. Call it after the worker has loaded its application.

    Returns the function that checks, at each heartbeat, that the handler still stands.
    """
    engine.set_timeout(float(worker.cfg.timeout))
    if not engine.takes_stacks():
        return None
    handler = StackHandler(engine, stage, worker.log)
    handler.stand(signal.SIGRTMIN + _SKIPPED)
    os.register_at_fork(after_in_child=lambda: guard.call(_STACKS, handler.leave))
    return lambda: guard.call(_STACKS, handler.check)


def _identity(descriptor: int) -> Optional[tuple[int, int, int]]:
    """Returns what changes if another file has the descriptor, or if the file is removed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_nlink

"""A child process as the process that reaps it sees it: why it exits, and that each exit is counted once."""

import signal
from typing import TYPE_CHECKING, ClassVar, Optional

from .worker_stage import SharedStage, Stage

if TYPE_CHECKING:
    from .master_store import MasterStore

_ORDERS = (signal.SIGTERM, signal.SIGQUIT)


class WatchedProcess:
    """A base of the classes whose objects Gunicorn creates before the fork, one for each child process."""

    #: The counter of exits, in the store of the parent process.
    exits_family: ClassVar[str]

    #: Whether the process exits by itself to be replaced, as the settings ``reload`` and ``max_requests`` require.
    recycles_itself: ClassVar[bool] = False

    #: Set in the parent process when it stops this one: the reason of the coming exit.
    exit_reason: Optional[str] = None

    _stage: SharedStage

    @property
    def stage(self) -> Stage:
        """The process's stage. Its parent can read it too, even after the process exited."""
        return self._stage.value

    @property
    def exit_is_noted(self) -> bool:
        """In the parent: whether ``note_exit`` was called."""
        return "noted" in vars(self)

    def note_exit(self) -> bool:
        """In the parent: returns whether this is the first call, even if a signal handler interrupts it with another."""
        mark = object()
        # Atomic: one step of the interpreter.
        return vars(self).setdefault("noted", mark) is mark

    def note_kill(self, sig: int, reason: str) -> None:
        """In the parent: records that it sends a signal for a reason."""
        if self.exit_reason is None and sig in _ORDERS:
            self.exit_reason = reason

    def count_exit(self, store: "MasterStore", reason: str) -> None:
        """In the parent: counts the exit. Raises MetricsError if the store has no such series."""
        store.add(self.exits_family, reason=reason)

"""A worker's stage in shared memory, which its master can read even after the worker exited."""

import mmap
from enum import IntEnum
from typing import Union


class Stage(IntEnum):
    """The stages of a worker, in order."""

    #: Forked, not serving yet.
    BOOTING = 0
    SERVING = 1

    #: It received a stop signal, from any sender.
    STOPPING = 2


class SharedStage:
    """One worker's stage, in a byte that master and worker share. The master creates the object before the fork."""

    def __init__(self) -> None:
        try:
            self._memory: Union[mmap.mmap, bytearray] = mmap.mmap(-1, 1)
        except (OSError, ValueError):
            # Without shared memory the master always sees BOOTING.
            self._memory = bytearray(1)

    @property
    def value(self) -> Stage:
        """The current stage. An invalid byte, which only a hostile worker writes, is read as the last stage."""
        return Stage(min(self._memory[0], max(Stage)))

    def reach(self, stage: Stage) -> None:
        """Advances to a stage. It never goes back."""
        self._memory[0] = max(stage, self._memory[0])

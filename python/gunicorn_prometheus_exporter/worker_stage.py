"""How far a worker has come, where its master can see it after the worker's end."""

import mmap
from enum import IntEnum
from typing import Union


class Stage(IntEnum):
    """What a worker does, or did last."""

    #: It was forked, and does not serve yet.
    BOOTING = 0
    SERVING = 1

    #: A signal has told it to end, whoever sent it.
    TOLD = 2


class SharedStage:
    """One worker's stage, in a byte of memory that it shares with the master which made the object before the fork."""

    def __init__(self) -> None:
        """Begins at BOOTING."""
        try:
            self._memory: Union[mmap.mmap, bytearray] = mmap.mmap(-1, 1)
        except (OSError, ValueError):
            # Without memory to share, the master sees a worker that never came further.
            self._memory = bytearray(1)

    @property
    def value(self) -> Stage:
        """The stage now. A byte that is no stage, which only a hostile worker writes, is the last one."""
        return Stage(min(self._memory[0], max(Stage)))

    def reach(self, stage: Stage) -> None:
        """Goes on to a stage; there is no way back."""
        self._memory[0] = max(stage, self._memory[0])

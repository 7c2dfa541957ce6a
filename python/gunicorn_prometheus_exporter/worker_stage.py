"""What a worker tells its master in shared memory, which the master can read even after the worker exited."""

import mmap
import struct
from enum import IntEnum
from typing import NamedTuple, Union

#: The stage, the signal and the slot.
_LAYOUT = struct.Struct("<BBxxI")
_SIGNAL = struct.Struct("<xBxxI")


class Stage(IntEnum):
    """The stages of a worker, in order."""

    #: Forked, not serving yet.
    BOOTING = 0
    SERVING = 1

    #: It received a stop signal, from any sender.
    STOPPING = 2


class StackPlace(NamedTuple):
    """How to take a worker's stacks: the signal whose handler writes one, 0 without one, and the number of the worker's slot.

    The master cannot trust the values: a hostile worker writes any.
    """

    signal: int
    slot: int


class SharedStage:
    """One worker's stage, in bytes that master and worker share. The master creates the object before the fork."""

    def __init__(self) -> None:
        try:
            self._memory: Union[mmap.mmap, bytearray] = mmap.mmap(-1, _LAYOUT.size)
        except (OSError, ValueError):
            # Without shared memory the master always sees BOOTING, and takes no stacks.
            self._memory = bytearray(_LAYOUT.size)

    @property
    def value(self) -> Stage:
        """The current stage. An invalid byte, which only a hostile worker writes, is read as the last stage."""
        return Stage(min(self._memory[0], max(Stage)))

    def reach(self, stage: Stage) -> None:
        """Advances to a stage. It never goes back."""
        self._memory[0] = max(stage, self._memory[0])

    @property
    def stacks(self) -> StackPlace:
        """How to take the worker's stacks."""
        return StackPlace(*_SIGNAL.unpack_from(self._memory))

    def tell_stacks(self, place: StackPlace) -> None:
        """Tells the master how to take the worker's stacks."""
        self._memory[1:_LAYOUT.size] = _SIGNAL.pack(*place)[1:]

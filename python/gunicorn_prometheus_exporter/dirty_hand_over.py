"""What a dirty arbiter and one of its workers share: the task that the worker is given."""

import mmap
import struct
from typing import Union

#: The id of a task: a number of 64 bits, in Gunicorn 25.0 a text.
TaskId = Union[int, str]

_MASK = (1 << 64) - 1
_HANDED = struct.Struct("=Qd")
_BEGUN = struct.Struct("=Q")


class HandOver:
    """The task that was last handed to a worker, in memory that both processes share. The arbiter creates the object before the fork."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _HANDED.size + _BEGUN.size)

    def put(self, task: TaskId, accepted: float) -> None:
        """In the arbiter: records the id of the task that the worker is given next, and when it arrived."""
        _HANDED.pack_into(self._memory, 0, _number(task), accepted)

    def begin(self, task: TaskId) -> float:
        """In the worker: records that it begins a task. Returns when the task arrived at the arbiter, 0 if unknown."""
        _BEGUN.pack_into(self._memory, _HANDED.size, _number(task))
        handed, accepted = _HANDED.unpack_from(self._memory)
        return float(accepted) if handed == _number(task) else 0.0

    def is_begun(self, task: TaskId) -> bool:
        """In the arbiter: returns whether the worker began the task, even after the worker exited."""
        (begun,) = _BEGUN.unpack_from(self._memory, _HANDED.size)
        return bool(begun == _number(task))


def _number(task: TaskId) -> int:
    # Hashes of texts are the same in a forked process.
    return hash(task) & _MASK

"""The stacks of a worker that its master gives up, which the master takes before it sends SIGABRT.

The master may be root, and the worker hostile: everything that the worker says is checked, and nothing of it is read. The exporter
reads the file, now or when it starts again.
"""

import contextlib
import functools
import os
import signal
import time
from typing import Callable, Optional, cast

from . import description_lock, stack_file
from .master_store import MasterStore
from .worker_stage import StackPlace

#: The most seconds that all of this takes within a second, whatever the workers do.
_LONGEST = 0.25

#: How long the first threads may take, those that the worker started with, even if there are many.
_LEAST_FOR_ONE = 0.02

#: The most seconds to wait for another process that reads the file.
_LONGEST_FOR_LOCK = 0.1
_POLL = 0.001

_MOST_THREADS = 64

#: Beyond the number of every slot.
_SLOT_LIMIT = 1 << 20


class LastStacks:
    """Takes the stacks of workers that time out."""

    def __init__(self) -> None:
        self._deadline = 0.0

    def take(self, store: MasterStore, pid: int, owner: int, place: StackPlace) -> None:
        """Appends the stack of each thread of a worker to the file of its slot. ``owner`` is the workers' user.

        Raises OSError if there is no file or thread left.
        """
        number, slot = place
        if not signal.SIGRTMIN <= number <= signal.SIGRTMAX or not 0 < slot < _SLOT_LIMIT:
            return
        now = time.monotonic()
        if now > self._deadline + 1 - _LONGEST:
            self._deadline = now + _LONGEST
        # Without a handler the signal would end the worker.
        if now > self._deadline or not _has(pid, pid, number, "SigCgt"):
            return
        descriptor = store.open_stack_file(slot, owner)
        try:
            self._lock(descriptor)
            threads = _threads(pid, number)
            for index, thread in enumerate(threads):
                left = self._deadline - time.monotonic()
                if left <= 0 or os.fstat(descriptor).st_size > stack_file.LARGEST:
                    return
                share = left / (len(threads) - index)
                _take_one(descriptor, pid, thread, number, min(left, max(share, _LEAST_FOR_ONE)))
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        """Keeps other processes from emptying the file, unless one keeps the file locked: the stacks are taken all the same."""
        deadline = min(time.monotonic() + _LONGEST_FOR_LOCK, self._deadline)
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                description_lock.lock(descriptor, 0)
                return
            time.sleep(_POLL)


def _take_one(descriptor: int, pid: int, thread: int, number: int, longest: float) -> None:
    """Appends the stack of a thread, or only the marker if the thread does not answer in time."""
    os.write(descriptor, f"thread {pid} {thread} {time.monotonic():.3f}\n".encode())
    start = os.fstat(descriptor).st_size
    deadline = time.monotonic() + longest
    _send(pid, thread, number)
    while time.monotonic() < deadline:
        time.sleep(_POLL)
        # The kernel blocks the signal until its handler returns.
        if os.fstat(descriptor).st_size > start and not _has(pid, thread, number, "SigPnd", "ShdPnd", "SigBlk"):
            return


def _threads(pid: int, number: int) -> list[int]:
    """Returns the threads to ask, the main thread first. Those of the engine's runtime block all signals."""
    found = []
    others = sorted({int(name) for name in os.listdir(f"/proc/{pid}/task")} - {pid}) if _tgkill() else []
    for thread in [pid, *others][:_MOST_THREADS]:
        # A thread may exit at any time.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if not _has(pid, thread, number, "SigBlk"):
                found.append(thread)
    return found


def _has(pid: int, thread: int, number: int, *names: str) -> bool:
    """Returns whether any of these masks of a thread has a signal."""
    with open(f"/proc/{pid}/task/{thread}/status", encoding="ascii", errors="replace") as lines:
        fields = (line.split(":\t") for line in lines)
        return any(name in names and int(mask[0], 16) >> (number - 1) & 1 for name, *mask in fields)


def _send(pid: int, thread: int, number: int) -> None:
    """Sends a signal to a thread of a child that is not reaped, so its pid is no other process's."""
    tgkill = _tgkill()
    if tgkill is not None:
        tgkill(pid, thread, number)
    else:
        # The kernel prefers the main thread.
        os.kill(pid, number)


@functools.lru_cache(maxsize=None)
def _tgkill() -> Optional[Callable[[int, int, int], int]]:
    """Returns the C library's function, or None where Python cannot call it."""
    try:
        import ctypes

        return cast(Callable[[int, int, int], int], ctypes.CDLL(None).tgkill)
    except (ImportError, OSError, AttributeError, MemoryError):
        return None

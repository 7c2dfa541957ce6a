"""A worker's stacks as a test sees them: the signal in its flight file, the state of signals in /proc, and the blocks of its stack file."""

import contextlib
import ctypes
import fcntl
import os
import re
import struct
import threading
import time
from pathlib import Path
from typing import NamedTuple, Optional

_LIBC = ctypes.CDLL(None, use_errno=True)
_FLOCK = struct.Struct("hhqqi4x")
_HEADER = "Stack (most recent call first):"
_FRAME = re.compile(r'  File "(.*)", line (\d+) in (.*)')

#: The offsets in a flight file: docs/file-format.md.
_PID, _SIGNAL, _TIMEOUT = 8, 1152, 1160


class Block(NamedTuple):
    """One stack in a stack file, with its marker."""

    pid: int
    thread: int
    time: float
    headers: int
    frames: list[tuple[str, int, str]]

    def functions(self, file: str) -> list[str]:
        return [function for path, _, function in self.frames if path.endswith(file)]


def flight(store: Path, pid: int) -> Optional[tuple[int, float]]:
    """Returns the signal and the timeout in the flight file of a worker, or None if it has none."""
    for path in sorted(store.glob("flight_worker-*.bin")):
        # A worker that starts has an empty file.
        with contextlib.suppress(FileNotFoundError, struct.error):
            data = path.read_bytes()
            if struct.unpack_from("<i", data, _PID)[0] == pid:
                return struct.unpack_from("<i", data, _SIGNAL)[0], struct.unpack_from("<d", data, _TIMEOUT)[0]
    return None


def signal_of(store: Path, pid: int) -> int:
    """Returns the signal in the flight file of a worker, 0 without one."""
    found = flight(store, pid)
    return found[0] if found else 0


def mask(status: Path, field: str) -> set[int]:
    """Returns the signals of a mask in a status file of /proc."""
    (text,) = [line.split()[1] for line in status.read_text().splitlines() if line.startswith(field + ":")]
    return {number for number in range(1, 65) if int(text, 16) >> (number - 1) & 1}


def caught(pid: int) -> set[int]:
    """Returns the signals that a process has handlers for."""
    return mask(Path(f"/proc/{pid}/status"), "SigCgt")


def threads(pid: int, number: int) -> list[int]:
    """Returns the threads of a process that do not block a signal."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if number not in mask(task / "status", "SigBlk"):
                found.append(int(task.name))
    return sorted(found)


def send(pid: int, thread: int, number: int) -> bool:
    """Sends a signal to a thread. Returns whether there is one."""
    return _LIBC.tgkill(pid, thread, number) == 0


def stack_file(store: Path, slot: int = 1) -> Path:
    return store / f"stacks_worker-{slot}.txt"


def blocks(path: Path) -> list[Block]:
    """Returns the stacks of a stack file."""
    found: list[Block] = []
    for line in path.read_text().splitlines():
        if line.startswith("thread "):
            _, pid, thread, at = line.split()
            found.append(Block(int(pid), int(thread), float(at), 0, []))
        elif line == _HEADER:
            found[-1] = found[-1]._replace(headers=found[-1].headers + 1)
        elif line.strip() != "<no Python frame>":
            frame = _FRAME.fullmatch(line)
            assert frame is not None, line
            found[-1].frames.append((frame[1], int(frame[2]), frame[3]))
    return found


class Sender(threading.Thread):
    """Asks every thread of some workers for its stack, at a rate, until it is stopped. It sends nothing without a handler."""

    def __init__(self, store: Path, rate: float = 50) -> None:
        super().__init__(daemon=True)
        self._store = store
        self._interval = 1 / rate
        self._stopped = threading.Event()
        self.sent = 0

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        while not self._stopped.wait(self._interval):
            for path in self._store.glob("flight_worker-*.bin"):
                self._send_to(path)

    def _send_to(self, path: Path) -> None:
        # A worker can exit at any time.
        with contextlib.suppress(OSError, struct.error, ValueError):
            data = path.read_bytes()
            (pid,), (number,) = struct.unpack_from("<i", data, _PID), struct.unpack_from("<i", data, _SIGNAL)
            slot = int(path.name.split("-")[1].split("_")[0])
            if number == 0 or not holds(self._store, slot, pid):
                return
            descriptor = os.pidfd_open(pid)
            try:
                # The slot is held now, so the descriptor is the worker's.
                if holds(self._store, slot, pid) and number in caught(pid):
                    for thread in threads(pid, number):
                        self.sent += send(pid, thread, number)
            finally:
                os.close(descriptor)
            if stack_file(self._store, slot).stat().st_size > 1 << 20:
                os.truncate(stack_file(self._store, slot), 0)


def holds(store: Path, slot: int, pid: int) -> bool:
    """Returns whether a process holds a worker's slot."""
    with (store / "slots.lock").open("rb") as locks:
        found = fcntl.fcntl(locks, fcntl.F_GETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, slot, 1, 0))
    kind, _, _, _, holder = _FLOCK.unpack(found)
    return kind != fcntl.F_UNLCK and holder == pid

"""The master's few series: doubles at offsets that the executable laid out. Knows no file format (D5)."""

import contextlib
import fcntl
import mmap
import os
from collections.abc import MutableSequence
from typing import Any, Optional, cast

from .errors import ConfigurationError, MetricsError
from .executable import ask
from .layout import writes_timestamps

#: How often a slot that another master took first is asked for anew.
ATTEMPTS = 5

_Key = tuple[str, frozenset[tuple[str, Any]]]
_Doubles = MutableSequence[float]
_DOUBLE = 8

_current: "Optional[MasterStore]" = None


class MasterStore:
    """The store as its master holds it: a slot for as long as the process lives, and its series.

    One writer, the master's main thread. Children inherit the object but must not write through it.
    """

    def __init__(self, uid: int, gid: int) -> None:
        """Prepares the store for workers of this user and takes a master's slot in it.

        Raises ConfigurationError if the configuration does not allow it, MetricsError if it fails.
        """
        global _current
        for _ in range(ATTEMPTS):
            answer = ask(
                "prepare", "--format", "json", "--uid", str(uid), "--gid", str(gid),
                "--timestamps", str(writes_timestamps()).lower(),
            )
            if not answer["ok"]:
                raise ConfigurationError("; ".join(answer["errors"]))
            if _take(answer["lock_file"], answer["lock_offset"]):
                break
        else:
            raise MetricsError(f"{answer['lock_file']}: other masters took the slot {ATTEMPTS} times over")
        self.directory: str = answer["directory"]
        #: What the file states for workers, by the names of variables.
        self.recording_variables: dict[str, str] = answer["recording"]
        self.exits_file: str = answer["exits_file"]
        self._run_file: str = answer["run_file"]
        self._pid = os.getpid()
        self._cells: dict[_Key, tuple[_Doubles, int]] = {}
        files: dict[str, _Doubles] = {}
        for series in answer["series"]:
            path = series["path"]
            if path not in files:
                files[path] = _map(path)
            key = (series["family"], frozenset(series["labels"].items()))
            self._cells[key] = (files[path], series["offset"] // _DOUBLE)
        _current = self

    @property
    def is_ours(self) -> bool:
        """Whether this process is the master that made the object, not a child that inherited it."""
        return os.getpid() == self._pid

    def add(self, family: str, amount: float = 1.0, **labels: Any) -> None:
        """Adds to a counter. Raises MetricsError."""
        doubles, index = self._cell(family, labels)
        if not isinstance(amount, (int, float)) or not amount >= 0:
            raise MetricsError(f"{family}: cannot be incremented by {amount!r}; give a number that is not negative")
        doubles[index] += amount

    def set(self, family: str, value: float, **labels: Any) -> None:
        """Sets a gauge. Raises MetricsError."""
        doubles, index = self._cell(family, labels)
        doubles[index] = value

    def close(self) -> None:
        """Says that this run ended in order. The slot goes with the process."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._run_file)

    def _cell(self, family: str, labels: dict[str, Any]) -> tuple[_Doubles, int]:
        try:
            return self._cells[family, frozenset(labels.items())]
        except KeyError:
            known = [dict(key) for name, key in self._cells if name == family]
            raise MetricsError(f"{family}: no series of the master has the labels {labels}, but {known}") from None


def current() -> Optional[MasterStore]:
    """Returns the store of the master that this process is, or None in every other process."""
    return _current if _current is not None and _current.is_ours else None


def _take(lock_file: str, offset: int) -> bool:
    # Never closed: closing any descriptor of the file would let go of the lock.
    descriptor = os.open(lock_file, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _map(path: str) -> _Doubles:
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # Assigning to a view of doubles is one aligned store of eight bytes.
        return cast(_Doubles, memoryview(mmap.mmap(descriptor, 0)).cast("d"))
    finally:
        os.close(descriptor)

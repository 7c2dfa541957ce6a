"""Writes the master's few series: doubles at offsets from the executable, so that Python needs no file format.

The store belongs to the workers' user, and the master may be root. So the master opens no file there by path and maps none:
``prepare``, which runs as that user, passes open descriptors, and each value is written by its own ``pwrite``.
"""

import contextlib
import errno
import fcntl
import logging
import os
import resource
import stat
import struct
from typing import Any, Optional

from . import description_lock, stack_file
from .errors import ConfigurationError, MetricsError, report_fault
from .executable import ask_for_files
from .layout import writes_timestamps

#: How often the master asks for a slot if other masters take the offered one first.
ATTEMPTS = 5

#: The names of the store itself and of its lock file among the descriptors from ``prepare``.
_STORE = "."
_LOCK_FILE = "slots.lock"

#: Gunicorn sets it, in a master that SIGUSR2 started, to the pid of the master that it replaces.
_REPLACED_MASTER = "GUNICORN_PID"

_DOUBLE = struct.Struct("<d")
_READABLE = 0o644

#: The size beyond which the master does not copy one of its files, in bytes.
_LARGEST = 1 << 20

_Key = tuple[str, frozenset[tuple[str, Any]]]

_current: "Optional[MasterStore]" = None


class _Cell:
    """One value and its place in a file. The master is the only writer of the file, so it keeps the value."""

    __slots__ = ("descriptor", "offset", "value")

    def __init__(self, descriptor: int, offset: int) -> None:
        self.descriptor = descriptor
        self.offset = offset
        (self.value,) = _DOUBLE.unpack(os.pread(descriptor, _DOUBLE.size, offset))

    def change(self, value: float) -> None:
        """Writes a value. If it raises OSError, the cell still keeps the value, and the next increment includes it."""
        self.value = value
        status = os.fstat(self.descriptor)
        # The workers' user may have truncated the file; writing past its end would extend it.
        if status.st_size < self.offset + _DOUBLE.size:
            raise OSError(0, "a file of the master was truncated")
        # Aligned, so no reader sees a partial value: docs/decisions/0006.
        os.pwrite(self.descriptor, _DOUBLE.pack(self.value), self.offset)


class MasterStore:
    """The master's series in the store, and a slot that the master holds until it exits.

    Only the master's main thread writes. Children inherit the object without its files.
    """

    def __init__(self, uid: int, gid: int, role: str = "master") -> None:
        """Prepares the store for workers of this user and takes a slot for the master, or the dirty arbiter ("arbiter").

        Raises ConfigurationError if the store cannot be used as configured, MetricsError for other failures.
        """
        global _current
        self._pid = os.getpid()
        self._is_fault_logged = False
        self._owner = "the master" if role == "master" else "the dirty arbiter"
        files: dict[str, int] = {}
        try:
            for _ in range(ATTEMPTS):
                answer, files = ask_for_files(
                    "prepare", "--format", "json", "--role", role, "--uid", str(uid), "--gid", str(gid),
                    "--timestamps", str(writes_timestamps()).lower(),
                )
                if not answer["ok"]:
                    raise ConfigurationError("; ".join(answer["errors"]))
                _check(files)
                if _take(files[_LOCK_FILE], answer["life_byte"], answer["pid_byte"]):
                    break
                _close(files)
            else:
                raise MetricsError(f"{answer['directory']}: other masters took the slot first, {ATTEMPTS} times; restart Gunicorn")
            self.directory: str = answer["directory"]
            #: Settings of the configuration file for workers, by the names of their variables.
            self.recording_variables: dict[str, str] = answer["recording"]
            #: The name, in the store, of the file that records how workers exited.
            self.exits_file: str = answer["exits_file"]
            self._run_file: str = answer["run_file"]
            self._cells = {
                (series["family"], frozenset(series["labels"].items())): _Cell(files[series["file"]], series["offset"])
                for series in answer["series"]
            }
            others = answer["other_masters"]
            for fault in answer.get("faults", []):
                report_fault(fault)
        except (KeyError, TypeError, ValueError, struct.error) as error:
            _close(files)
            raise MetricsError(f"the executable's answer to prepare is invalid: {error!r}") from error
        except BaseException:
            _close(files)
            raise
        self._files = files
        self._pid_byte: int = answer["pid_byte"]
        self._location = _location(files[_LOCK_FILE])
        os.register_at_fork(after_in_child=self._leave)
        _keep(files[_STORE])
        _warn_of(others, self.directory)
        _current = self

    @property
    def is_ours(self) -> bool:
        """Whether this process is the master that created the object, not a child that inherited it."""
        return os.getpid() == self._pid

    @property
    def is_lost(self) -> bool:
        """Whether the lock file is no longer at its path: the store was removed, renamed, replaced or emptied."""
        lock_file = self._files.get(_LOCK_FILE)
        return lock_file is not None and _location(lock_file) != self._location

    def abandon(self, successor: "MasterStore") -> None:
        """Releases the slot and closes the files. The successor may use the same lock file, under another path."""
        files, self._files = self._files, {}
        _close(files)
        # If it is the same lock file, closing it has dropped the successor's POSIX lock.
        _tell_pid(successor._files[_LOCK_FILE], successor._pid_byte)

    def add(self, family: str, amount: float = 1.0, **labels: Any) -> None:
        """Adds to a counter. Raises MetricsError."""
        cell = self._cell(family, labels)
        if not isinstance(amount, (int, float)) or not amount >= 0:
            raise MetricsError(f"{family}: cannot be incremented by {amount!r}; give a number that is not negative")
        self._write(cell, cell.value + amount)

    def value(self, family: str, **labels: Any) -> float:
        """Returns the value of a series. Raises MetricsError."""
        return self._cell(family, labels).value

    def set(self, family: str, value: float, **labels: Any) -> None:
        """Sets a gauge. Raises MetricsError."""
        self._write(self._cell(family, labels), value)

    def replace(self, name: str, text: str) -> None:
        """Replaces a file of the store by one that every user can read, unless the store is lost. Raises OSError."""
        if not self.is_ours or self.is_lost:
            return
        os.close(self._create(name, text.encode(), _READABLE))

    def open_stack_file(self, slot: int, owner: int) -> int:
        """Opens the file of the stacks of a slot. Returns its descriptor. Raises OSError."""
        return stack_file.open_in(self._files[_STORE], slot, owner)

    def note(self, kind: str, text: Optional[str]) -> None:
        """Leaves a text about this master, or removes that of an earlier one. Raises OSError.

        ``check`` reports the kind "notice"; the status page shows the kind "name".
        """
        name = f"{os.path.splitext(self._run_file)[0]}.{kind}"
        if text is not None:
            self.replace(name, text)
            return
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._files[_STORE])

    def close(self) -> None:
        """Marks this run as finished. The kernel frees the slot when the process exits."""
        if not self.is_ours:
            return
        try:
            os.unlink(self._run_file, dir_fd=self._files[_STORE])
        except FileNotFoundError:
            pass
        except OSError as error:
            report_fault(f"{self._run_file} in {self.directory} cannot be removed: {error.strerror}")

    def _cell(self, family: str, labels: dict[str, Any]) -> _Cell:
        try:
            return self._cells[family, frozenset(labels.items())]
        except KeyError:
            known = [dict(key) for name, key in self._cells if name == family]
            raise MetricsError(f"{family}: no series of {self._owner} has the labels {labels}, but {known}") from None

    def _write(self, cell: _Cell, value: float) -> None:
        if not self.is_ours:
            return
        try:
            if os.fstat(cell.descriptor).st_nlink == 0 and not self.is_lost:
                self._put_back(cell.descriptor)
            cell.change(value)
        except OSError as error:
            # The master logs a loss of the whole store.
            if not self._is_fault_logged and not self.is_lost:
                self._is_fault_logged = True
                report_fault(f"{self.directory}: the metrics of {self._owner} are not recorded ({error.strerror}); restart Gunicorn")

    def _put_back(self, descriptor: int) -> None:
        """Writes a file that was removed again, such as by an ``on_starting`` that removes ``*.db``. Raises OSError."""
        name = next(name for name, known in self._files.items() if known == descriptor)
        status = os.fstat(descriptor)
        # The workers' user may have extended the file.
        if status.st_size > _LARGEST:
            raise OSError(0, "a file of the master was removed")
        # They may have made it setuid too, and this process may be root.
        new = self._create(name, os.pread(descriptor, _LARGEST, 0), status.st_mode & 0o777)
        if os.geteuid() == 0:
            os.fchown(new, status.st_uid, status.st_gid)
        # Every cell of the file keeps its descriptor.
        os.dup2(new, descriptor, inheritable=False)
        os.close(new)
        for cell in self._cells.values():
            if cell.descriptor == descriptor:
                cell.change(cell.value)

    def _create(self, name: str, content: bytes, mode: int) -> int:
        """Creates or replaces a file of the store. Returns its descriptor. Raises OSError."""
        store = self._files[_STORE]
        temporary = name + ".new"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=store)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, mode, dir_fd=store)
        try:
            os.fchmod(descriptor, mode)
            if os.write(descriptor, content) < len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.rename(temporary, name, src_dir_fd=store, dst_dir_fd=store)
        except OSError:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=store)
            raise
        return descriptor

    def _leave(self) -> None:
        """Closes the files in a child, which must neither write to them nor change their flags."""
        files, self._files = self._files, {}
        _close(files)


def current() -> Optional[MasterStore]:
    """Returns the store if this process is a master with one, or None."""
    return _current if _current is not None and _current.is_ours else None


def count_cpu(store: MasterStore, family: str, counted: tuple[float, float]) -> tuple[float, float]:
    """Adds the processor time of this process beyond what is counted. Returns what is counted now, in user and system mode."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    store.add(family, usage.ru_utime - counted[0], mode="user")
    store.add(family, usage.ru_stime - counted[1], mode="system")
    return usage.ru_utime, usage.ru_stime


def _check(files: dict[str, int]) -> None:
    for name, descriptor in files.items():
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISDIR(mode) if name == _STORE else stat.S_ISREG(mode)):
            raise MetricsError(f"{name} in the store is not a {'directory' if name == _STORE else 'regular file'}; remove it")


def _take(lock_file: int, life: int, pid: int) -> bool:
    """Locks the bytes of a slot until this process exits and no child has the file open. Returns whether it could."""
    try:
        try:
            description_lock.lock(lock_file, life)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            fcntl.lockf(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, life)
    except (BlockingIOError, PermissionError):
        return False
    _tell_pid(lock_file, pid)
    return True


def _tell_pid(lock_file: int, byte: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.lockf(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)


def _location(descriptor: int) -> str:
    # The link is read from the kernel: as root this process resolves no path through another user's directory.
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        # Without /proc a loss goes unnoticed here; the exporter still reports it.
        return ""


def _keep(store: int) -> None:
    # systemd-tmpfiles skips a locked directory. If the lock fails here, the exporter's lock protects the store.
    with contextlib.suppress(OSError):
        fcntl.flock(store, fcntl.LOCK_SH | fcntl.LOCK_NB)


def _warn_of(others: list[int], directory: str) -> None:
    """Warns once that several servers share a store, unless this one is about to replace the other."""
    for pid in others:
        if str(pid) not in (os.environ.get(_REPLACED_MASTER), str(os.getpid())):
            logging.getLogger("gunicorn.error").warning(
                "gunicorn_prometheus_exporter: another Gunicorn master (%s) records in %s too, so every sum includes both "
                "servers; set PROMETHEUS_MULTIPROC_DIR to a different directory for each server",
                f"pid {pid}" if pid > 0 else "in another PID namespace", directory)
            return


def _close(files: dict[str, int]) -> None:
    for descriptor in files.values():
        with contextlib.suppress(OSError):
            os.close(descriptor)

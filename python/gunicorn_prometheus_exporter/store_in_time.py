"""Creates the store's directory before ``prometheus_client`` is imported, or makes ``prometheus_client`` work without it.

When it is imported, ``prometheus_client`` decides whether metrics are files in PROMETHEUS_MULTIPROC_DIR, and then needs the
directory. A preloaded application imports it before Gunicorn calls any hook, so this module creates the directory as soon as
the configuration imports this package. If it cannot, it hides the variable, and ``prometheus_client`` keeps metrics in memory.
"""

import errno
import logging
import os
import stat
import sys
import tempfile
import threading
from typing import Any, Callable, Optional

from . import engine, guard, private_names
from .utils import VARIABLE, get_multiprocess_dir, not_text

#: The variable and its older lower-case name.
_VARIABLES = (VARIABLE, VARIABLE.lower())

_log = logging.getLogger("gunicorn.error")

_UNSERVED = "the application's own metrics are not served"

_PRIVATE = 0o700
_PASSABLE = 0o755

_MOST_LINKS = 40

#: Free bytes that the disk must have: ``prometheus_client`` maps sparse files, and SIGBUS kills it when the disk is full.
_ROOM = 64 << 10

_is_settled = False
_forgotten: dict[str, str] = {}

#: The directory that this process created, by path, device and inode.
_made: Optional[tuple[str, int, int]] = None

#: The missing directory that only the workers' user may create, after an application is preloaded.
_left_to_workers: Optional[str] = None

#: Why the application's own metrics are not served, once it was logged.
_notice: Optional[str] = None


class _Value:
    """A value in memory, for versions of ``prometheus_client`` without ``MutexValue``."""

    _multiprocess = False

    def __init__(self, *_: Any, **__: Any) -> None:
        self._lock = threading.Lock()
        self._value = 0.0
        self._exemplar: Any = None

    def inc(self, amount: float) -> None:
        with self._lock:
            self._value += amount

    def set(self, value: float, timestamp: Optional[float] = None) -> None:
        self._value = value

    def get(self) -> float:
        return self._value

    def set_exemplar(self, exemplar: Any) -> None:
        self._exemplar = exemplar

    def get_exemplar(self) -> Any:
        return self._exemplar


def settle_if_configuring() -> None:
    """Calls ``settle`` if Gunicorn is reading its configuration: at once, or for a relative path after Gunicorn's chdir."""
    directory = get_multiprocess_dir()
    if directory is None or "gunicorn.app.base" not in sys.modules or engine.is_in_arbiter():
        return
    if os.path.isabs(directory):
        settle()
    else:
        private_names.wrap("gunicorn.app.base:Application.chdir", _settling)


def _settling(chdir: Callable[[Any], None]) -> Callable[[Any], None]:
    def change_and_settle(application: Any) -> None:
        chdir(application)
        guard.call("anything", settle)

    return change_and_settle


def settle() -> None:
    """Creates the directory in the environment if it is missing, or switches metrics off. Acts once in a process."""
    global _is_settled
    directory = get_multiprocess_dir()
    if _is_settled or directory is None:
        return
    _is_settled = True
    try:
        _settle(directory)
    except Exception as error:
        # The application must not use an unchecked directory.
        engine.refuse(_refused(directory, f"cannot be used ({type(error).__name__}: {error})", "choose another directory"))
        _forgotten.update(_hide())


def _settle(directory: str) -> None:
    global _made, _left_to_workers
    is_missing = not os.path.exists(directory)
    # ``prepare`` creates these later, as the workers' user.
    if _is_others(directory):
        if is_missing:
            _left_to_workers = directory
            _forgotten.update(_hide())
        return
    fault = _fault_of(directory, "restart Gunicorn")
    if fault is not None:
        engine.refuse(fault)
        _forgotten.update(_hide())
    elif is_missing:
        path = os.path.realpath(directory)
        status = os.stat(path)
        _made = (path, status.st_dev, status.st_ino)


def settle_in_worker() -> None:
    """Creates the directory for this worker, whose master may lack the hooks or run as another user."""
    directory = get_multiprocess_dir()
    fault = None if directory is None else _fault_of(directory, "reload Gunicorn (SIGHUP)")
    if fault is not None:
        engine.refuse(fault)


def hand_over(uid: int, gid: int) -> None:
    """Gives a directory that this process created as root to the workers' user, unless it was replaced since."""
    global _made
    if _made is None or os.geteuid() != 0 or (uid, gid) == (0, 0):
        return
    (path, device, inode), _made = _made, None
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        is_ours = (status.st_dev, status.st_ino, status.st_uid) == (device, inode, 0)
        # In this mode only root could enter it until now.
        if is_ours and stat.S_IMODE(status.st_mode) == _PRIVATE:
            os.fchown(descriptor, uid, gid)
    finally:
        os.close(descriptor)


def remember() -> Optional[str]:
    """Restores the variables that were hidden from a preloaded application, because hooks of the user may read them.

    Logs once, and returns, why the application's own metrics stay in memory, where no exporter sees them.
    """
    global _notice
    os.environ.update(_forgotten)
    _forgotten.clear()
    if _notice is None and engine.refusal() is None and "prometheus_client.values" in sys.modules and not _are_files():
        _notice = _unserved()
        _log.warning("gunicorn_prometheus_exporter: %s", _notice)
    return _notice


def _unserved() -> str:
    if _left_to_workers is not None:
        return (f"{VARIABLE}: {_left_to_workers} was missing when the application was preloaded, and root creates no directory "
                f"where another user can change the path; {_UNSERVED}: create the directory before Gunicorn starts")
    return (f"prometheus_client was imported before {VARIABLE} was set, by a preloaded application or the configuration; "
            f"{_UNSERVED}: set {VARIABLE} where Gunicorn is started")


def do_without(cfg: Any) -> None:
    """Makes ``prometheus_client`` keep values in memory. Call it before the worker loads its application."""
    # A preloaded application has created its metrics. If they are files, they still need the directory.
    if not (cfg.preload_app and _are_files()):
        _hide()


def _hide() -> dict[str, str]:
    """Hides the directory from ``prometheus_client``; returns the variables that named it."""
    hidden = {name: os.environ.pop(name) for name in _VARIABLES if name in os.environ}
    if not _keep_in_memory():
        # It still uses files, so give it a directory that no exporter reads.
        os.environ[VARIABLE] = tempfile.mkdtemp(prefix="gunicorn-prometheus-exporter-unread-")
        # The umask must not change the mode.
        os.chmod(os.environ[VARIABLE], _PRIVATE)
    return hidden


def _are_files() -> bool:
    """Returns whether ``prometheus_client`` stores new metrics in files."""
    if "prometheus_client.values" not in sys.modules:
        return False
    in_memory = private_names.read("prometheus_client.values:MutexValue", _Value)
    return private_names.read("prometheus_client.values:ValueClass", None) is not in_memory


def _keep_in_memory() -> bool:
    """Makes an imported ``prometheus_client`` keep values in memory. Returns whether it could."""
    return not _are_files() or private_names.put(
        "prometheus_client.values:ValueClass", private_names.read("prometheus_client.values:MutexValue", _Value))


def _fault_of(directory: str, renewal: str) -> Optional[str]:
    """Creates the directory if it is missing. Returns why it cannot be used, or None.

    ``renewal`` is the action that replaces the processes that run without metrics: they do not retry.
    """
    try:
        os.fsencode(directory).decode()
    except UnicodeDecodeError:
        return not_text(os.fsencode(directory))
    path = os.path.realpath(directory)
    try:
        if not os.path.lexists(path):
            if _is_others(directory):
                return _refused(
                    directory, "is missing, and root creates no directory where another user can change the path",
                    "create it, or choose another directory")
            _make(path)
        status = os.statvfs(path) if os.path.isdir(path) else None
    except OSError as error:
        remedy = (
            f"make room, then {renewal}" if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "choose another directory" if error.errno == errno.EROFS
            else "correct its permissions, or choose another directory")
        return f"{VARIABLE}: cannot create {path} as user {os.geteuid()}: {error.strerror}; {remedy}"
    if status is None:
        return _refused(path, "is not a directory", "remove it, or choose another directory")
    if not os.access(path, os.W_OK | os.X_OK):
        return _refused(path, f"cannot be written by user {os.geteuid()}", "give it to that user (chown), or choose another directory")
    # A file system without a size reports 0 blocks.
    if status.f_blocks and status.f_bavail * status.f_frsize < _ROOM:
        return _refused(path, "is on a disk without room", f"make room, then {renewal}")
    return None


def _refused(path: str, fault: str, remedy: str) -> str:
    return f"{VARIABLE}: {path} {fault}; {remedy}"


def _make(path: str) -> None:
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for directory in reversed(missing):
        mode = _PRIVATE if directory is missing[0] else _PASSABLE
        os.mkdir(directory, mode)
        # The umask must not change the mode.
        os.chmod(directory, mode)


def _is_others(directory: str) -> bool:
    """Returns whether this process is root and another user can change the path's target."""
    if os.geteuid() != 0:
        return False
    rest = os.path.abspath(directory).split("/")[::-1]
    current, links = "/", 0
    while rest:
        name = rest.pop()
        parent = os.lstat(current)
        is_shared = parent.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not parent.st_mode & stat.S_ISVTX
        if parent.st_uid != 0 or is_shared:
            return True
        following = os.path.normpath(os.path.join(current, name))
        try:
            status = os.lstat(following)
        except OSError:
            # It is missing or too long. If it can be created, root creates it and the rest of the path, and owns them.
            return False
        if status.st_uid != 0:
            return True
        if stat.S_ISLNK(status.st_mode):
            links += 1
            target = os.readlink(following)
            current = "/" if target.startswith("/") else current
            rest += target.split("/")[::-1]
        elif stat.S_ISDIR(status.st_mode):
            current = following
        else:
            return False
        if links > _MOST_LINKS:
            return True
    return False

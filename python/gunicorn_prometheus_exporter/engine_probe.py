"""Tries in a child process whether the engine can start: a runtime that cannot start aborts its process.

The module forks a child that loads the engine and exits. The child has the limits and mappings of this process, and an abort
ends only the child. The fork is the interpreter's own, which gevent and eventlet do not replace.
"""

import contextlib
import errno
import mmap
import os
import posix
import resource
import signal
import sys
import time
import warnings
from _thread import get_ident
from typing import NoReturn, Optional

from . import heartbeat

MODULE = f"{__package__}._engine"

#: Seconds after which the child's own alarm kills it.
TIMEOUT = 5.0

#: Seconds more after which this process kills the child: a handler that runs in it before ``_limit`` may hang.
_GRACE = 1.0

#: Seconds between two looks for what the child sends.
_PAUSE = 0.002

#: Address space that must be left when the engine has started, so that it is not the application that has none.
SPARE = 64 << 20

#: Address space that the engine takes, plus SPARE. The need varies with the gaps between the mappings.
NEEDED = 220 << 20

#: Threads and processes that must be left.
_TASKS = 4

_MIB = 1 << 20

#: The thread that is forking one of the children here: another thread's child is none of this module's.
_forking: Optional[int] = None

#: What the child sends. After _NOT_IMPORTED the parent imports too, and gets the exception with the reason.
_STARTED = b"+"
_NOT_IMPORTED = b"-"


def obstacle() -> Optional[str]:
    """Returns why the engine cannot start in this process, None if it can."""
    if MODULE in sys.modules:
        return None
    receiver, sender = posix.pipe()
    try:
        pid = _fork()
    except OSError as error:
        posix.close(sender)
        posix.close(receiver)
        return _explain_fork(error)
    if pid == 0:
        _start_and_exit(sender)
    # The child sends what it has started by then, and its exit closes the pipe, within TIMEOUT.
    posix.close(sender)
    answer, status = None, None
    try:
        answer = _read(receiver, TIMEOUT + _GRACE)
    finally:
        posix.close(receiver)
        # Also when a signal's handler ends this process. Without an answer the child lives, and its pid is its own.
        if answer is None:
            _kill(pid)
        status = _wait(pid)
    if answer is None or _is_timeout(status):
        return (
            f"a child process did not start it within {TIMEOUT:g} s; a handler that the application has registered with "
            "os.register_at_fork may hang")
    if answer == _STARTED:
        return None
    return _too_little_space() or (None if answer == _NOT_IMPORTED else _explain(status))


def _fork() -> int:
    global _forking
    _forking = get_ident()
    try:
        # Python warns about a fork in a process with threads; this child only loads the engine and exits.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return posix.fork()
    finally:
        _forking = None


def _limit() -> None:
    """Gives a child of this module an alarm, before handlers of the application that may hang, and without its parent."""
    if _forking == get_ident():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
        signal.setitimer(signal.ITIMER_REAL, TIMEOUT)


# When the configuration is read, which is before the application can register a handler.
os.register_at_fork(after_in_child=_limit)


def _start_and_exit(sender: int) -> NoReturn:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        nowhere = posix.open(os.devnull, posix.O_WRONLY)
        posix.dup2(nowhere, 1)
        posix.dup2(nowhere, 2)
        try:
            from . import _engine
        except ImportError:
            posix.write(sender, _NOT_IMPORTED)
        else:
            _engine.statistics()
            mmap.mmap(-1, SPARE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            posix.write(sender, _STARTED)
    finally:
        posix._exit(0)


def _read(receiver: int, timeout: float) -> Optional[bytes]:
    """Returns what the child sends, nothing if it exits without, None if it does neither in time."""
    limit = time.monotonic() + timeout
    posix.set_blocking(receiver, False)
    while time.monotonic() < limit:
        with contextlib.suppress(BlockingIOError):
            return posix.read(receiver, 1)
        heartbeat.beat()
        # A pause that gevent and eventlet do not replace.
        signal.sigtimedwait((), _PAUSE)
    return None


def _kill(pid: int) -> None:
    with contextlib.suppress(OSError):
        posix.kill(pid, signal.SIGKILL)


def _wait(pid: int) -> Optional[int]:
    """Returns the exit status of the child, or None if other code in this process has already waited for it."""
    try:
        return posix.waitpid(pid, 0)[1]
    except ChildProcessError:
        return None


def _too_little_space() -> Optional[str]:
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    left = limit - _address_space()
    if limit == resource.RLIM_INFINITY or left >= NEEDED:
        return None
    return (
        f"{max(left, 0) // _MIB} MiB of address space are left under a limit of {limit // _MIB} MiB, and the engine needs "
        f"{NEEDED // _MIB} MiB; raise the limit (ulimit -v)")


def _is_timeout(status: Optional[int]) -> bool:
    return status is not None and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM


def _explain(status: Optional[int]) -> str:
    if not _can_start_tasks():
        return _no_tasks()
    if status is not None and os.WIFSIGNALED(status):
        return f"a trial in a child process was killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return "a trial in a child process failed"


def _explain_fork(error: OSError) -> str:
    if error.errno == errno.EAGAIN:
        return _no_tasks()
    return f"no child process can be started ({error.strerror}); the machine or the container needs more memory"


def _no_tasks() -> str:
    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    own = "unlimited" if limit == resource.RLIM_INFINITY else str(limit)
    return (
        f"no further thread can be started; raise the limit of the user (ulimit -u, {own} now) or of the container "
        "(pids.max of its cgroup)")


def _can_start_tasks() -> bool:
    """Returns whether this user can start as many processes as the engine needs threads."""
    waiting, sender = posix.pipe()
    children = []
    try:
        for _ in range(_TASKS):
            pid = _fork()
            if pid == 0:
                posix.close(sender)
                posix.read(waiting, 1)
                posix._exit(0)
            children.append(pid)
    except OSError:
        return False
    finally:
        # They all wait, so that no pid is another process's yet. One may hang in a handler of os.register_at_fork.
        for pid in children:
            _kill(pid)
        posix.close(sender)
        posix.close(waiting)
        for pid in children:
            _wait(pid)
    return True


def _address_space() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()

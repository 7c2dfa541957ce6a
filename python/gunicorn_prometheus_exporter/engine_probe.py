"""Tests in a child process whether the engine can start: a runtime that cannot start aborts its process.

The forked child has the limits and mappings of this process, loads the engine and exits. An abort kills only the child.
``posix.fork`` is used because gevent and eventlet replace ``os.fork``.
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

#: Further seconds after which the parent kills the child: a fork handler that runs before ``_limit`` may hang.
_GRACE = 1.0

#: Seconds between two reads of the pipe.
_PAUSE = 0.002

#: Bytes of address space that must remain for the application after the engine has started.
SPARE = 64 << 20

#: Bytes of address space that the engine takes, plus SPARE. The need varies with the gaps between the mappings:
#: with 220 MiB, one start of about 60 failed although the probe had succeeded.
NEEDED = 256 << 20

#: Threads that the engine needs. Each counts as a process for RLIMIT_NPROC.
_TASKS = 4

_MIB = 1 << 20

#: The thread that is forking in this module. Children that other threads fork get no alarm.
_forking: Optional[int] = None

#: The child's answers. After _NOT_IMPORTED the parent imports the engine too, to get the exception with the reason.
_STARTED = b"+"
_NOT_IMPORTED = b"-"


def obstacle() -> Optional[str]:
    """Returns why the engine cannot start in this process, or None if it can."""
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
    # The child answers or exits, which closes the pipe, within TIMEOUT.
    posix.close(sender)
    answer, status = None, None
    try:
        answer = _read(receiver, TIMEOUT + _GRACE)
    finally:
        posix.close(receiver)
        # Without an answer, or if a signal handler raises, the child may still run. It is not reaped, so its pid is valid.
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
    """Sets the child's alarm, before fork handlers of the application run: they may hang."""
    if _forking == get_ident():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
        signal.setitimer(signal.ITIMER_REAL, TIMEOUT)


# This module is imported with the configuration, before the application can register a handler.
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
    """Returns the child's answer, empty if it exits without one, or None after the timeout."""
    limit = time.monotonic() + timeout
    posix.set_blocking(receiver, False)
    while time.monotonic() < limit:
        with contextlib.suppress(BlockingIOError):
            return posix.read(receiver, 1)
        heartbeat.beat()
        # gevent and eventlet do not replace this sleep.
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
        f"no more threads can be started; raise the limit of the user (ulimit -u, {own} now) or of the container "
        "(pids.max of its cgroup)")


def _can_start_tasks() -> bool:
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
        # None has been reaped, so every pid is valid. A child may hang in a handler of os.register_at_fork.
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

"""Starts the exporter as a child of the master, restarts it with back-off, and stops it."""

import contextlib
import errno
import os
import signal
import subprocess
import time
from logging import Logger
from typing import Any, Iterable, Optional

from .errors import MetricsError
from .executable import cannot_run, find_executable
from .exporter_log import ExporterLog, level_of
from .file_environment import without_copies
from .log_lines import one_line
from .utils import of_text

#: Seconds between an exit and the next start: doubled after each exit, reset once the exporter has run HEALTHY_LIFE seconds.
FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
HEALTHY_LIFE = 60.0

#: Stops the exporter at once. After a SIGTERM, which a service manager sends to all processes, it waits for its master.
STOP_SIGNAL = signal.SIGINT

#: Seconds that the exporter has to exit after STOP_SIGNAL, and after SIGKILL.
END_TIMEOUT = 5.0
KILL_TIMEOUT = 1.0

#: The exporter's environment, unless the master sets the variable: a single arena leaves address space for threads.
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1"}

#: Errors of a start that may pass: the next start may succeed.
PASSING_ERRORS = (
    errno.EAGAIN, errno.EINTR, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE, errno.ETXTBSY)

#: Seconds after its start in which a SIGHUP may still kill the exporter, before its handler is installed.
START_TIME = 2.0


class ExporterProcess:
    """One exporter process. The master calls all methods in its main thread; ``poll`` may interrupt the others.

    No method raises, whatever the system refuses. Only ``stop`` waits.
    """

    def __init__(
        self, directory: str, listeners: Iterable[str], uid: int, gid: int, log: Logger, loglevel: str,
        variables: dict[str, str],
    ) -> None:
        """Sets the exporter's store and its user, which is the workers' user. Starts nothing.

        ``listeners`` are the server's addresses, as ``HOST:PORT`` or ``unix:PATH``: running as another user, the exporter
        cannot see the master's sockets. ``loglevel`` is Gunicorn's setting. ``variables`` override the environment.
        """
        self._directory = directory
        self._server = [option for listener in listeners for option in ("--listener", listener)]
        self._variables = variables
        self._log = log
        self._lines = ExporterLog(log)
        self._level = level_of(loglevel)
        self._identity = _identity(uid, gid)
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._delay = FIRST_DELAY
        self._started = 0.0
        self._next_start = 0.0
        self._is_reload_due = False

    def tend(self) -> None:
        """Starts the exporter if it is not running and its delay has passed. Called about once a second."""
        now = time.monotonic()
        process = self._process
        if process is not None:
            status = process.poll()
            self._lines.forward()
            if status is None:
                if self._is_reload_due and now - self._started >= START_TIME:
                    self._is_reload_due = False
                    _send(process, signal.SIGHUP)
                return
            self._process = None
            if now - self._started >= HEALTHY_LIFE:
                self._delay = FIRST_DELAY
            self._retry(_ending(status), now)
        if now >= self._next_start:
            self._start(now)

    def reload(self) -> None:
        """Requests that the exporter reload its configuration; the next ``tend`` sends the signal."""
        self._is_reload_due = True

    def poll(self) -> None:
        """Collects the exporter's exit status before Gunicorn reaps it with its other children."""
        if self._process is not None:
            self._process.poll()

    def stop(self) -> None:
        """Stops the exporter and waits for it: for END_TIMEOUT seconds before it is killed, and for KILL_TIMEOUT after."""
        process, self._process, self._next_start = self._process, None, float("inf")
        if process is None:
            return
        for number, timeout in ((STOP_SIGNAL, END_TIMEOUT), (signal.SIGKILL, KILL_TIMEOUT)):
            _send(process, number)
            try:
                process.wait(timeout)
                self._lines.forward()
                return
            except subprocess.TimeoutExpired:
                self._log.error("Metrics exporter did not exit within %g s of %s", timeout, number.name)

    def _start(self, now: float) -> None:
        self._started = now
        self._is_reload_due = False
        try:
            self._process = self._run(find_executable())
        except MetricsError as error:
            # A missing executable stays missing, so log it once.
            self._next_start = float("inf")
            self._log.error("Metrics are not served: %s", one_line(error))
        except OSError as error:
            self._retry(f"cannot be started ({error.strerror})", now)
        else:
            self._log.info("Metrics exporter started (pid: %s)", self._process.pid)

    def _run(self, path: str) -> "subprocess.Popen[bytes]":
        command = [
            path, "serve", "--parent-pid", str(os.getpid()), "--log.gunicorn-level", self._level,
            "--multiproc-dir", of_text(self._directory), *self._server]
        errors = self._lines.open()
        try:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=errors, close_fds=True, start_new_session=True, restore_signals=False,
                env={**ENVIRONMENT, **without_copies(), **self._variables}, **self._identity
            )
        except OSError as error:
            if error.errno in PASSING_ERRORS:
                raise
            raise cannot_run(path, error) from error
        except (ValueError, subprocess.SubprocessError) as error:
            raise MetricsError(f"the executable {path} cannot be run ({error})") from error
        finally:
            os.close(errors)

    def _retry(self, event: str, now: float) -> None:
        self._next_start = now + self._delay
        self._log.error("Metrics exporter %s; next start in %g s", event, self._delay)
        self._delay = min(self._delay * 2, LONGEST_DELAY)


def _send(process: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    # The next poll or wait finds an exporter that has just exited.
    with contextlib.suppress(OSError):
        process.send_signal(number)


def _ending(status: int) -> str:
    if status >= 0:
        return f"exited with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        # A real-time signal.
        return f"was killed by signal {-status}"


def _identity(uid: int, gid: int) -> dict[str, Any]:
    if os.geteuid() != 0 or (uid, gid) == (os.geteuid(), os.getegid()):
        return {}
    return {"user": uid, "group": gid, "extra_groups": []}

"""The exporter as the master's child: started, restarted with backoff, ended (D7)."""

import os
import signal
import subprocess
import time
from logging import Logger
from typing import Any, Iterable, Optional

from .errors import MetricsError
from .executable import cannot_run, find_executable

#: Seconds between a death and the next start: doubled at each death, reset by a life of HEALTHY_LIFE seconds.
FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
HEALTHY_LIFE = 60.0

#: Seconds that the exporter has to end after SIGTERM.
END_TIMEOUT = 5.0

#: Seconds after its start within which the exporter may not hear a SIGHUP yet, and would end by it.
START_TIME = 2.0


class ExporterProcess:
    """One exporter. All methods are the master's, in its main thread, but ``poll``, which may interrupt them."""

    def __init__(
        self, directory: str, listeners: Iterable[str], uid: int, gid: int, log: Logger, variables: dict[str, str]
    ) -> None:
        """Describes an exporter of this store, to run as the user whom the workers run as.

        ``listeners`` are the server's addresses, as ``HOST:PORT`` or ``unix:PATH``: as another user the exporter
        cannot see the master's sockets itself. ``variables`` win over those of the environment.
        """
        self._directory = directory
        self._listeners = [option for listener in listeners for option in ("--listener", listener)]
        self._variables = variables
        self._log = log
        self._identity = _identity(uid, gid)
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._delay = FIRST_DELAY
        self._started = 0.0
        self._next_start = 0.0
        self._is_reload_due = False

    def tend(self) -> None:
        """Starts the exporter if it does not run and its time has come. Called about once a second."""
        now = time.monotonic()
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                if self._is_reload_due and now - self._started >= START_TIME:
                    self._is_reload_due = False
                    self._process.send_signal(signal.SIGHUP)
                return
            self._ended(status, now)
        if now >= self._next_start:
            self._start(now)

    def reload(self) -> None:
        """Has the exporter read its configuration anew, when it is next tended."""
        self._is_reload_due = True

    def poll(self) -> None:
        """Learns how the exporter ended, before Gunicorn reaps it with its other children."""
        if self._process is not None:
            self._process.poll()

    def stop(self) -> None:
        """Ends the exporter and waits for it, for END_TIMEOUT seconds before it is killed."""
        process, self._process, self._next_start = self._process, None, float("inf")
        if process is None:
            return
        process.terminate()
        try:
            process.wait(END_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self, now: float) -> None:
        self._started = now
        self._is_reload_due = False
        try:
            path = find_executable()
            command = [path, "serve", "--parent-pid", str(os.getpid()), "--multiproc-dir", self._directory,
                       *self._listeners]
            try:
                self._process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, close_fds=True, start_new_session=True,
                    env={**os.environ, **self._variables}, **self._identity
                )
            except OSError as error:
                raise cannot_run(path, error) from error
        except MetricsError as error:
            # What is missing now is missing a minute later: say it once.
            self._next_start = float("inf")
            self._log.error("Metrics are not served: %s", error)
            return
        self._log.info("Metrics exporter started (pid: %s)", self._process.pid)

    def _ended(self, status: int, now: float) -> None:
        self._process = None
        if now - self._started >= HEALTHY_LIFE:
            self._delay = FIRST_DELAY
        self._next_start = now + self._delay
        self._log.error("Metrics exporter ended with status %s; next start in %g s", status, self._delay)
        self._delay = min(self._delay * 2, LONGEST_DELAY)


def _identity(uid: int, gid: int) -> dict[str, Any]:
    if os.geteuid() != 0 or (uid, gid) == (os.geteuid(), os.getegid()):
        return {}
    return {"user": uid, "group": gid, "extra_groups": []}

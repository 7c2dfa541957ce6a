"""Observes how workers exit before Gunicorn reaps them, counts each exit once and records it for the exporter."""

import json
import os
import signal
import time
from collections import deque
from collections.abc import Mapping
from logging import Logger
from typing import Any, Optional

from . import gevent_children
from .errors import MetricsError, report_fault
from .master_causes import Ending, reason_of
from .master_store import MasterStore
from .oom_kills import OomKills

#: Exits in the file that the exporter reads: more than occur between two of its reads.
REMEMBERED = 200

#: Seconds to wait at shutdown for workers that Gunicorn killed.
LAST_WAIT = 2.0

_UNKNOWN = "unknown"


class WorkerExits:
    """The exits of the workers of one master, or of one dirty arbiter.

    Before Gunicorn 24 a signal handler may call any method during another call.
    """

    def __init__(self, store: MasterStore, log: Logger, oom_kills: Optional[OomKills] = None) -> None:
        """Starts without exits. The first write drops the exits that an earlier master recorded in this slot."""
        self._store = store
        self._log = log
        self.oom_kills = oom_kills or OomKills()
        self._new: deque[tuple[Any, dict[str, Any]]] = deque()
        self._lines: deque[str] = deque(maxlen=REMEMBERED)
        self._is_writing = False
        self._is_published = True
        self._is_fault_logged = False

    def observe(self, workers: Mapping[int, Any]) -> None:
        """Records workers that exited and that Gunicorn has not reaped. Call it just before Gunicorn reaps."""
        for pid, worker in list(workers.items()):
            if not worker.exit_is_noted:
                try:
                    end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                except ChildProcessError:
                    # Other code in this process has already reaped it.
                    self._note(pid, worker, gevent_children.status_of(pid))
                else:
                    if end is not None:
                        self._note(pid, worker, _status_of(end))

    def settle(self, before: Mapping[int, Any], workers: Mapping[int, Any]) -> None:
        """Counts the observed exits, and the workers that exited between the observation and the reaping."""
        for pid, worker in before.items():
            if pid not in workers:
                self._note(pid, worker, None)
        self.write()

    def finish(self, workers: Mapping[int, Any]) -> None:
        """Waits up to LAST_WAIT seconds for the workers that Gunicorn killed without waiting for them."""
        limit = time.monotonic() + LAST_WAIT
        self.observe(workers)
        while not all(worker.exit_is_noted for worker in list(workers.values())) and time.monotonic() < limit:
            time.sleep(0.02)
            self.observe(workers)
        self.write()

    def write(self) -> None:
        """Adds new exits to the counters and to the file."""
        # If a signal handler interrupts this loop, the loop also writes what the handler added.
        if self._is_writing or (self._is_published and not self._new):
            return
        self._is_writing = True
        try:
            while self._new:
                worker, exit_ = self._new.popleft()
                self._count(worker, exit_)
                self._lines.append(json.dumps(exit_))
            self._is_published = False
            self._publish()
            if self._is_fault_logged:
                self._log.info("Exits of workers are recorded for the exporter again")
            self._is_published, self._is_fault_logged = True, False
        except OSError as error:
            # The next call, within a second, retries: the disk may have space then.
            if not self._is_fault_logged:
                self._is_fault_logged = True
                self._log.error("Exits of workers cannot be recorded for the exporter, retrying every second: %s", error)
        finally:
            self._is_writing = False

    def move_to(self, store: MasterStore) -> None:
        """Continues in another store. The next write records all exits of the file there too."""
        self._store = store
        self._is_published = False

    def forget_old_oom_kills(self) -> None:
        """Drops OOM kills that killed no worker. Call it about once a second."""
        self.oom_kills.forget_old()

    def _note(self, pid: int, worker: Any, status: Optional[int]) -> None:
        """Records an exit with its wait status, None if that is unknown."""
        if not worker.note_exit():
            return
        exit_code = killed_by = None
        if status is not None and os.WIFEXITED(status):
            exit_code = os.WEXITSTATUS(status)
        elif status is not None:
            killed_by = os.WTERMSIG(status)
        may_be_oom = exit_code is None and killed_by in (None, signal.SIGKILL)
        ending = Ending(exit_code, killed_by, is_oom=may_be_oom and self.oom_kills.claim())
        self._new.append((worker, {
            "pid": pid,
            "reason": reason_of(ending, worker),
            "signal": ending.signal,
            "exit_code": ending.exit_code,
            "time": time.time(),
            "monotonic": time.monotonic(),
        }))

    def _count(self, worker: Any, exit_: dict[str, Any]) -> None:
        try:
            worker.count_exit(self._store, exit_["reason"])
        except MetricsError as error:
            # The executable is another version without this reason.
            report_fault(f"an exit is counted with reason={_UNKNOWN}: {error}")
            exit_["reason"] = _UNKNOWN
            worker.count_exit(self._store, _UNKNOWN)

    def _publish(self) -> None:
        self._store.replace(self._store.exits_file, "".join(line + "\n" for line in self._lines))


def _status_of(end: "os.waitid_result") -> int:
    """Returns the wait status, as ``os.waitpid`` has it."""
    return end.si_status << 8 if end.si_code == os.CLD_EXITED else end.si_status

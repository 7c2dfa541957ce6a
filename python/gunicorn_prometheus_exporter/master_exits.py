"""How the master's workers ended: learnt before Gunicorn reaps them, counted once each, told to the exporter (D6)."""

import json
import os
import signal
import time
from collections import deque
from collections.abc import Mapping
from logging import Logger
from typing import Any, Optional

from .errors import MetricsError, report_fault
from .master_causes import Ending, reason_of
from .master_store import MasterStore
from .oom_kills import OomKills

#: Exits that the exporter can look up: more than die between two of its looks.
REMEMBERED = 200

#: Seconds that workers killed at the very end have to be gone.
LAST_WAIT = 2.0

_EXITS = "gunicorn_worker_exits_total"
_UNKNOWN = "unknown"


class WorkerExits:
    """The ends of one master's workers. Up to Gunicorn 23 a signal handler may call any method in the midst of another."""

    def __init__(self, store: MasterStore, log: Logger, oom_kills: Optional[OomKills] = None) -> None:
        """Begins with no exit: what an earlier master of this slot told is forgotten at the first one."""
        self._store = store
        self._log = log
        self._oom_kills = oom_kills or OomKills()
        self._new: deque[dict[str, Any]] = deque()
        self._lines: deque[str] = deque(maxlen=REMEMBERED)
        self._is_writing = False
        self._is_published = True
        self._is_fault_logged = False

    def observe(self, workers: Mapping[int, Any]) -> None:
        """Takes note of the workers that ended and were not reaped, or not by Gunicorn. Call it just before they are."""
        for pid, worker in list(workers.items()):
            if not worker.exit_is_noted:
                try:
                    end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
                except ChildProcessError:
                    # Somebody else in this process has waited for it.
                    self._note(pid, worker, None)
                else:
                    if end is not None:
                        self._note(pid, worker, end)

    def settle(self, before: Mapping[int, Any], workers: Mapping[int, Any]) -> None:
        """Counts what was observed, and those that ended between the observation and the reaping."""
        for pid, worker in before.items():
            if pid not in workers:
                self._note(pid, worker, None)
        self.write()

    def finish(self, workers: Mapping[int, Any]) -> None:
        """Waits for the workers that Gunicorn killed and does not wait for, up to LAST_WAIT seconds."""
        limit = time.monotonic() + LAST_WAIT
        self.observe(workers)
        while not all(worker.exit_is_noted for worker in list(workers.values())) and time.monotonic() < limit:
            time.sleep(0.02)
            self.observe(workers)
        self.write()

    def write(self) -> None:
        """Adds what is new to the counters and to the file."""
        # A signal handler that comes in between leaves its part to the loop that it interrupted.
        if self._is_writing or (self._is_published and not self._new):
            return
        self._is_writing = True
        try:
            while self._new:
                exit_ = self._new.popleft()
                self._count(exit_)
                self._lines.append(json.dumps(exit_))
            self._is_published = False
            self._publish()
            if self._is_fault_logged:
                self._log.info("The exporter can be told how workers ended again")
            self._is_published, self._is_fault_logged = True, False
        except OSError as error:
            # Tried again each second: the disk may have room then.
            if not self._is_fault_logged:
                self._is_fault_logged = True
                self._log.error("The exporter cannot be told how workers ended, trying again every second: %s", error)
        finally:
            self._is_writing = False

    def move_to(self, store: MasterStore) -> None:
        """Goes on in another store, and tells there what was told so far."""
        self._store = store
        self._is_published = False

    def forget_old_oom_kills(self) -> None:
        """Lets kills that no worker died of be forgotten. Call it about once a second."""
        self._oom_kills.forget_old()

    def _note(self, pid: int, worker: Any, end: Optional[os.waitid_result]) -> None:
        if not worker.note_exit():
            return
        exit_code = killed_by = None
        if end is not None and end.si_code == os.CLD_EXITED:
            exit_code = end.si_status
        elif end is not None:
            killed_by = end.si_status
        may_be_oom = exit_code is None and killed_by in (None, signal.SIGKILL)
        ending = Ending(exit_code, killed_by, is_oom=may_be_oom and self._oom_kills.claim())
        self._new.append({
            "pid": pid,
            "reason": reason_of(ending, worker),
            "signal": ending.signal,
            "exit_code": ending.exit_code,
            "time": time.time(),
            "monotonic": time.monotonic(),
        })

    def _count(self, exit_: dict[str, Any]) -> None:
        try:
            self._store.add(_EXITS, reason=exit_["reason"])
        except MetricsError as error:
            # The executable is of another version, and lacks the reason.
            report_fault(f"an exit is counted with reason={_UNKNOWN}: {error}")
            exit_["reason"] = _UNKNOWN
            self._store.add(_EXITS, reason=_UNKNOWN)

    def _publish(self) -> None:
        self._store.replace(self._store.exits_file, "".join(line + "\n" for line in self._lines))

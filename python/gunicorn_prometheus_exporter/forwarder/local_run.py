"""Runs an application's own forwarder in a thread of this process."""

import logging
import os
import threading
import time
from typing import Any, Optional

from ..errors import MetricsError
from ..log_lines import one_line
from .base import BaseForwarder
from .control import read_metrics

_log = logging.getLogger(__name__)

#: Seconds that ``stop`` waits for a snapshot in progress.
_END_TIMEOUT = 2.0


def stopped_status(error: Optional[str] = None, error_time: Optional[float] = None) -> dict[str, Any]:
    """Returns the status of a forwarder that never ran, with the keys that the exporter uses for its own forwarders."""
    return {
        "state": "stopped",
        "last_success": None,
        "last_error": error,
        "last_error_time": error_time,
        "snapshots_sent": 0,
        "snapshots_failed": 0,
        "snapshots_dropped": 0,
        "snapshots_waiting": 0,
        "bytes_sent": 0,
        "lag_seconds": 0.0,
    }


class LocalRun:
    """Forwards once every interval, from ``start`` to ``stop``. A child forked in between does not forward."""

    def __init__(self, name: str, forwarder: BaseForwarder) -> None:
        self._name = name
        self._forwarder = forwarder
        self._thread: Optional[threading.Thread] = None
        self._end = threading.Event()
        self._pid = 0
        self._sent = 0
        self._failed = 0
        self._bytes = 0
        self._is_failing = False
        self._last_success: Optional[float] = None
        self._last_error: Optional[str] = None
        self._last_error_time: Optional[float] = None
        self._behind_since: Optional[float] = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._pid == os.getpid() and self._thread.is_alive()

    def start(self) -> None:
        if self.is_running:
            return
        self._end = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(
            target=self._run, args=(self._end,), name=f"forwarder-{self._name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stops after the snapshot in progress."""
        if self.is_running and self._thread is not None:
            self._end.set()
            self._thread.join(_END_TIMEOUT)
        self._thread = None

    def status(self) -> dict[str, Any]:
        """Returns its status, with the keys that the exporter uses for its own forwarders."""
        return {
            **stopped_status(self._last_error, self._last_error_time),
            "state": "stopped" if not self.is_running else "failing" if self._is_failing else "running",
            "last_success": self._last_success,
            "snapshots_sent": self._sent,
            "snapshots_failed": self._failed,
            "bytes_sent": self._bytes,
            "lag_seconds": 0.0 if self._behind_since is None else max(0.0, time.time() - self._behind_since),
        }

    def _run(self, end: threading.Event) -> None:
        due = time.monotonic()
        while True:
            self._forward()
            now = time.monotonic()
            # Intervals do not drift, and intervals missed by a slow destination are skipped.
            due += self._forwarder.forward_interval * (1 + (now - due) // self._forwarder.forward_interval)
            if end.wait(due - now):
                return

    def _forward(self) -> None:
        try:
            metrics = read_metrics()
            self._forwarder._forward_metrics(metrics)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next interval tries again
            self._failed += 1
            self._last_error_time = time.time()
            self._last_error = str(error) if isinstance(error, MetricsError) else f"{type(error).__name__}: {error}"
            self._behind_since = self._behind_since or self._last_error_time
            if not self._is_failing:
                _log.warning("Forwarding by %s failed, retrying: %s", self._name, one_line(self._last_error))
            self._is_failing = True
            return
        self._sent += 1
        self._bytes += len(metrics.encode())
        self._last_success = time.time()
        self._behind_since = None
        if self._is_failing:
            _log.info("Forwarding by %s works again", self._name)
        self._is_failing = False

"""Passes the exporter's log lines on to Gunicorn's log, in its format."""

import contextlib
import json
import logging
import os
from logging import Logger
from typing import Any, Optional

from .log_lines import with_fields

#: Gunicorn's levels, by the exporter's.
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}

#: The exporter's levels, by the values of Gunicorn's setting ``loglevel``.
_NAMES = {"debug": "debug", "warning": "warn", "error": "error", "critical": "error"}

#: Bytes of a read, which are the size of a pipe, and of the longest line.
_MOST = 1 << 16

#: Maximum number of lines of a read. Other processes of the exporter's user can write to the pipe too.
_LINES = 1000

#: Maximum number of reads in a call: an exporter that never stops writing must not block the master.
_READS = 4


def level_of(loglevel: str) -> str:
    """Returns the exporter's level for a value of Gunicorn's setting ``loglevel``."""
    return _NAMES.get(loglevel.lower(), "info")


class ExporterLog:
    """The read end of a pipe that is an exporter's standard error. Neither side ever waits for the other."""

    def __init__(self, log: Logger) -> None:
        self._log = log
        self._pipe: Optional[int] = None
        self._rest = b""
        os.register_at_fork(after_in_child=self.close)

    def open(self) -> int:
        """Returns the write end of a new pipe for the next exporter. The caller closes it. Raises OSError."""
        self.close()
        self._pipe, end = os.pipe()
        # A write to a full pipe fails: the exporter drops the line and counts it.
        os.set_blocking(self._pipe, False)
        os.set_blocking(end, False)
        return end

    def forward(self) -> None:
        """Logs the lines that have arrived."""
        for _ in range(_READS):
            if self._pipe is None:
                return
            try:
                data = os.read(self._pipe, _MOST)
            except BlockingIOError:
                return
            *lines, rest = (self._rest + data).split(b"\n")
            if not data or len(rest) > _MOST:
                lines, rest = [*lines, rest], b""
            self._rest = rest
            if not data:
                self.close()
            for line in list(filter(None, lines))[:_LINES]:
                self._say(line)

    def close(self) -> None:
        """Closes the pipe and drops the lines in it. Further calls have no effect."""
        pipe, self._pipe, self._rest = self._pipe, None, b""
        if pipe is not None:
            with contextlib.suppress(OSError):
                os.close(pipe)

    def _say(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        try:
            fields: dict[str, Any] = json.loads(text)
            level, message = _LEVELS[fields.pop("level")], fields.pop("msg")
            for name in ("ts", "component"):
                fields.pop(name, None)
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
            # The .NET runtime or a library wrote the line, for example when it crashed.
            level, message, fields = logging.ERROR, text, {}
        self._log.log(level, "Metrics exporter: %s", with_fields(message, fields))

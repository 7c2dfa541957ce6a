"""Reports a name that has no counterpart here."""

import logging

_log = logging.getLogger("gunicorn.error")
_reported: set[str] = set()


def report_once(name: str, instead: str) -> None:
    """Logs, once in a process, that ``name`` does nothing here, and what to do instead."""
    if name not in _reported:
        _reported.add(name)
        _log.warning("gunicorn_prometheus_exporter: %s has no effect: %s", name, instead)

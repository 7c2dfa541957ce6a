"""The manager of forwarders: those that run in the exporter, and this process's own."""

from typing import Any
from urllib.parse import quote

from .base import BaseForwarder
from .control import ask
from .local_run import LocalRun
from .redis import RedisForwarder


class ForwarderManager:
    """Adds, starts and stops forwarders by name, from any process of the store's user: a hook, a worker, a shell.

    A RedisForwarder runs in the exporter, and every manager sees it. Any other forwarder runs in the process that added
    it, whose manager alone sees it; a child that is forked from there has to start it again.
    Where no exporter runs, what needs one raises MetricsError.
    """

    def __init__(self) -> None:
        """Makes a manager, which asks nobody yet."""
        self._local: dict[str, LocalRun] = {}

    def add_forwarder(self, name: str, forwarder: BaseForwarder) -> None:
        """Adds a forwarder, stopped, in place of one of the same name; the very same in the exporter goes on as it is.

        Raises ConfigurationError if its settings cannot be used.
        """
        local = self._local.pop(name, None)
        if local is not None:
            local.stop()
        if isinstance(forwarder, RedisForwarder):
            ask("PUT", _path(name), {"destination": forwarder.destination, "settings": forwarder.settings})
        else:
            self._local[name] = LocalRun(name, forwarder)

    def start_forwarder(self, name: str) -> None:
        """Starts a forwarder, unless it runs. Raises MetricsError if there is none of that name."""
        if name in self._local:
            self._local[name].start()
        else:
            ask("POST", f"{_path(name)}/start")

    def stop_forwarder(self, name: str) -> None:
        """Stops a forwarder; one in the exporter sends a last snapshot. Raises MetricsError if there is none of that name."""
        if name in self._local:
            self._local[name].stop()
        else:
            ask("POST", f"{_path(name)}/stop")

    def start_all(self) -> None:
        """Starts every forwarder that does not run."""
        for run in list(self._local.values()):
            run.start()
        ask("POST", "/forwarders/start")

    def stop_all(self) -> None:
        """Stops every forwarder."""
        for run in list(self._local.values()):
            run.stop()
        ask("POST", "/forwarders/stop")

    def get_status(self) -> dict[str, dict[str, Any]]:
        """Returns how every forwarder fares, by name; times are in seconds since the epoch, errors without secrets."""
        return {**ask("GET", "/forwarders"), **{name: run.status() for name, run in list(self._local.items())}}


def _path(name: str) -> str:
    return f"/forwarders/{quote(name, safe='')}"

"""The manager of forwarders, both those in the exporter and those in this process."""

from typing import Any
from urllib.parse import quote

from .base import BaseForwarder
from .control import ask
from .local_run import LocalRun
from .redis import RedisForwarder


class ForwarderManager:
    """Adds, starts and stops forwarders by name, from any process of the store's user: a hook, a worker, a shell.

    A RedisForwarder runs in the exporter, and every manager sees it. Any other forwarder runs in the process that added it,
    and only that process's manager sees it. A forked child has to start it again.
    Methods that need an exporter raise MetricsError if none answers.
    """

    def __init__(self) -> None:
        """Creates a manager without contacting the exporter."""
        self._local: dict[str, LocalRun] = {}

    def add_forwarder(self, name: str, forwarder: BaseForwarder) -> None:
        """Adds a stopped forwarder, which replaces one of the same name. An equal one in the exporter keeps running.

        Raises ConfigurationError if its settings are invalid.
        """
        local = self._local.pop(name, None)
        if local is not None:
            local.stop()
        if isinstance(forwarder, RedisForwarder):
            ask("PUT", _path(name), {"destination": forwarder.destination, "settings": forwarder.settings})
        else:
            self._local[name] = LocalRun(name, forwarder)

    def start_forwarder(self, name: str) -> None:
        """Starts a forwarder if it is stopped. Raises MetricsError if no forwarder has this name."""
        if name in self._local:
            self._local[name].start()
        else:
            ask("POST", f"{_path(name)}/start")

    def stop_forwarder(self, name: str) -> None:
        """Stops a forwarder. The exporter sends a last snapshot first. Raises MetricsError if no forwarder has this name."""
        if name in self._local:
            self._local[name].stop()
        else:
            ask("POST", f"{_path(name)}/stop")

    def start_all(self) -> None:
        """Starts every stopped forwarder."""
        for run in list(self._local.values()):
            run.start()
        ask("POST", "/forwarders/start")

    def stop_all(self) -> None:
        """Stops every forwarder."""
        for run in list(self._local.values()):
            run.stop()
        ask("POST", "/forwarders/stop")

    def get_status(self) -> dict[str, dict[str, Any]]:
        """Returns the status of every forwarder, by name. Times are in seconds since the epoch; errors contain no secrets."""
        return {**ask("GET", "/forwarders"), **{name: run.status() for name, run in list(self._local.items())}}


def _path(name: str) -> str:
    return f"/forwarders/{quote(name, safe='')}"

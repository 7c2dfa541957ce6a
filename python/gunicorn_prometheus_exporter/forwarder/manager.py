"""The manager of forwarders, both those in the exporter and those in this process."""

import contextlib
from typing import Any

from .base import BaseForwarder
from .control import NoExporterError, ask
from .held import HeldForwarder, path_of
from .local_run import LocalRun
from .redis import RedisForwarder


class ForwarderManager:
    """Adds, starts and stops forwarders by name, from any process of the store's user: a hook, a worker, a shell.

    A RedisForwarder runs in the exporter, and every manager sees it. Until an exporter answers, this manager holds it, stopped.
    Any other forwarder runs in the process that added it, and only that process's manager sees it. A forked child has to start it
    again. Only the methods that start forwarders need an exporter: they raise MetricsError if none answers.
    """

    def __init__(self) -> None:
        """Creates a manager without contacting the exporter."""
        self._local: dict[str, LocalRun] = {}
        self._held: dict[str, HeldForwarder] = {}

    def add_forwarder(self, name: str, forwarder: BaseForwarder) -> None:
        """Adds a stopped forwarder, which replaces one of the same name. An equal one in the exporter keeps running.

        Raises ConfigurationError if the exporter rejects its settings. If no exporter answers, they are checked at the start.
        """
        self._held.pop(name, None)
        local = self._local.pop(name, None)
        if local is not None:
            local.stop()
        if isinstance(forwarder, RedisForwarder):
            self._held[name] = HeldForwarder(name, forwarder)
            with contextlib.suppress(NoExporterError):
                self._hand_over(name, wait=False)
        else:
            self._local[name] = LocalRun(name, forwarder)

    def start_forwarder(self, name: str) -> None:
        """Starts a forwarder if it is stopped. Raises MetricsError if no forwarder has this name, or no exporter answers."""
        if name in self._local:
            self._local[name].start()
            return
        if name in self._held:
            self._hand_over(name, wait=True)
        ask("POST", f"{path_of(name)}/start")

    def stop_forwarder(self, name: str) -> None:
        """Stops a forwarder. The exporter sends a last snapshot first. Raises MetricsError if no forwarder has this name."""
        if name in self._local:
            self._local[name].stop()
        elif name not in self._held:
            ask("POST", f"{path_of(name)}/stop", wait=False)

    def start_all(self) -> None:
        """Starts every stopped forwarder. Raises MetricsError if no exporter answers, after starting those of this process."""
        for run in list(self._local.values()):
            run.start()
        for name in list(self._held):
            self._hand_over(name, wait=True)
        ask("POST", "/forwarders/start")

    def stop_all(self) -> None:
        """Stops every forwarder."""
        for run in list(self._local.values()):
            run.stop()
        with contextlib.suppress(NoExporterError):
            ask("POST", "/forwarders/stop", wait=False)

    def get_status(self) -> dict[str, dict[str, Any]]:
        """Returns the status of every forwarder, by name. Times are in seconds since the epoch; errors contain no secrets."""
        status: dict[str, dict[str, Any]] = {}
        with contextlib.suppress(NoExporterError):
            status = ask("GET", "/forwarders", wait=False)
        for runs in (self._held, self._local):
            status.update({name: run.status() for name, run in list(runs.items())})
        return status

    def _hand_over(self, name: str, wait: bool) -> None:
        # Rejected settings are not kept: the caller has to add the forwarder again.
        held = self._held.pop(name)
        try:
            held.hand_over(wait)
        except NoExporterError:
            self._held[name] = held
            raise

"""Forwarders that wait in this process for an exporter that can run them."""

import time
from typing import Any, Optional
from urllib.parse import quote

from .control import NoExporterError, ask
from .local_run import stopped_status
from .redis import RedisForwarder


def path_of(name: str) -> str:
    """Returns the path of a forwarder on the control socket."""
    return f"/forwarders/{quote(name, safe='')}"


class HeldForwarder:
    """A forwarder that no exporter has taken yet."""

    def __init__(self, name: str, forwarder: RedisForwarder) -> None:
        self._name = name
        self._forwarder = forwarder
        self._error: Optional[str] = None
        self._error_time: Optional[float] = None

    def hand_over(self, wait: bool) -> None:
        """Adds the forwarder to the exporter. Raises NoExporterError if none listens."""
        try:
            body = {"destination": self._forwarder.destination, "settings": self._forwarder.settings}
            ask("PUT", path_of(self._name), body, wait)
        except NoExporterError as error:
            self._error, self._error_time = str(error), time.time()
            raise

    def status(self) -> dict[str, Any]:
        return stopped_status(self._error, self._error_time)

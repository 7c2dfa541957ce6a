"""Which status a server answers when it could not parse a request: it tells nobody but the client."""

from typing import Any

from .guard import fault
from .outcome import INTERNAL_SERVER_ERROR

# "HTTP/1.1 400 …"
_STATUS = slice(9, 12)


def status_in(data: bytes) -> int:
    """Returns the status that the beginning of a response tells, 0 if it is no such thing."""
    digits = bytes(data[_STATUS])
    return int(digits) if digits.isdigit() else 0


class StatusProbe:
    """A client's socket that remembers the status of the response sent through it."""

    def __init__(self, client: Any) -> None:
        """Stands in for this socket."""
        self._client = client
        self.status = INTERNAL_SERVER_ERROR

    def sendall(self, data: bytes) -> None:
        """Sends the data; they begin with a status line."""
        try:
            self.status = status_in(data) or self.status
        except Exception:
            fault("requests that could not be parsed")
        self._client.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

"""Reads the status from a server's response to a request that it could not parse. Only the response has it."""

from typing import Any

from .guard import fault
from .outcome import INTERNAL_SERVER_ERROR

# "HTTP/1.1 400 …"
_STATUS = slice(9, 12)


def status_in(data: bytes) -> int:
    """Returns the status in the first bytes of a response, or 0 if they are not a status line."""
    digits = bytes(data[_STATUS])
    return int(digits) if digits.isdigit() else 0


class StatusProbe:
    """Wraps a client's socket and keeps the status of the response sent through it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.status = INTERNAL_SERVER_ERROR

    def sendall(self, data: bytes) -> None:
        try:
            self.status = status_in(data) or self.status
        except Exception:
            fault("requests that could not be parsed")
        self._client.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

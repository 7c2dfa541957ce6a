"""Which status Gunicorn answers when it could not parse a request: it tells nobody but the client."""

from typing import Any

from .outcome import INTERNAL_SERVER_ERROR

# "HTTP/1.1 400 …"
_STATUS = slice(9, 12)


class StatusProbe:
    """A client's socket that remembers the status of the response sent through it."""

    def __init__(self, client: Any) -> None:
        """Stands in for this socket."""
        self._client = client
        self.status = INTERNAL_SERVER_ERROR

    def sendall(self, data: bytes) -> None:
        """Sends the data; they begin with a status line."""
        digits = bytes(data[_STATUS])
        if digits.isdigit():
            self.status = int(digits)
        self._client.sendall(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

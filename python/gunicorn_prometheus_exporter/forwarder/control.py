"""The client of an exporter's control socket: HTTP over a Unix socket in the store."""

import http.client
import json
import os
import socket
import stat
import time
from typing import Any, Optional

from ..errors import ConfigurationError, MetricsError
from ..utils import store_directory

_SOCKET = "control.sock"

#: Seconds to wait for an exporter that is starting.
_START_TIMEOUT = 5.0

#: Seconds that one request may take: stopping a forwarder sends a last snapshot.
_ANSWER_TIMEOUT = 10.0


class NoExporterError(MetricsError):
    """No exporter listens on the control socket of the store."""


def ask(method: str, path: str, body: Optional[dict[str, Any]] = None, wait: bool = True) -> dict[str, Any]:
    """Sends a request and returns the JSON object of the response, or an empty one if the response is empty.

    ``wait`` gives an exporter that is starting _START_TIMEOUT seconds. Raises NoExporterError if none listens, MetricsError if it
    does not answer, ConfigurationError if it rejects the body.
    """
    status, text = _exchange(method, path, None if body is None else json.dumps(body), _START_TIMEOUT if wait else 0.0)
    if status < 300:
        answer: dict[str, Any] = json.loads(text) if text else {}
        return answer
    try:
        message = str(json.loads(text)["error"])
    except (ValueError, KeyError):
        message = f"the exporter answered {method} {path} with status {status}"
    raise ConfigurationError(message) if status == http.client.BAD_REQUEST else MetricsError(message)


def read_metrics() -> str:
    """Returns the current ``/metrics`` in the text format. Raises MetricsError if no exporter answers."""
    status, text = _exchange("GET", "/metrics", None, _START_TIMEOUT)
    if status != http.client.OK:
        raise MetricsError(f"the exporter answered GET /metrics with status {status}")
    return text


def _exchange(method: str, path: str, body: Optional[str], patience: float) -> tuple[int, str]:
    directory = store_directory()
    deadline = time.monotonic() + patience
    while True:
        connection = _Connection(directory)
        try:
            connection.connect()
            break
        except (FileNotFoundError, ConnectionRefusedError) as error:
            if time.monotonic() < deadline and os.path.isdir(directory):
                time.sleep(0.05)
                continue
            raise NoExporterError(
                f"no exporter answers at {os.path.join(directory, _SOCKET)} ({error.strerror}); start Gunicorn with the "
                "exporter's hooks, or gunicorn-prometheus-exporter serve, with the same PROMETHEUS_MULTIPROC_DIR"
            ) from error
        except OSError as error:
            raise MetricsError(
                f"{os.path.join(directory, _SOCKET)} cannot be used by user {os.geteuid()} ({error.strerror}); "
                "run this as the user that the workers run as"
            ) from error
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise MetricsError(f"the exporter did not answer {method} {path} ({error!r}); its log may say why") from error
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, directory: str) -> None:
        super().__init__("localhost", timeout=_ANSWER_TIMEOUT)
        self._directory = directory

    def connect(self) -> None:
        """Connects, unless another user created the socket."""
        folder = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            status = os.stat(_SOCKET, dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISSOCK(status.st_mode) or status.st_uid not in (0, os.geteuid(), os.fstat(folder).st_uid):
                raise PermissionError(0, f"it is not a socket of the store's user, but of user {status.st_uid}")
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            # The path in a socket address is limited to 107 bytes.
            self.sock.connect(f"/proc/self/fd/{folder}/{_SOCKET}")
        except BaseException:
            self.close()
            raise
        finally:
            os.close(folder)

"""A real Redis on a free loopback port."""

import contextlib
import signal
import socket
import subprocess
from pathlib import Path

from live_gunicorn import END_TIMEOUT, free_port, wait_for


class LiveRedis:
    """One redis-server without persistence."""

    def __init__(self, folder: Path) -> None:
        """Starts the server and waits until it responds."""
        folder.mkdir()
        self.port = free_port()
        self._process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )
        wait_for(self._answers, "Redis")

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(END_TIMEOUT)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"redis-server ended with {self._process.returncode}"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
        return False

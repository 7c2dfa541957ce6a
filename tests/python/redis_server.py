"""A real redis-server on a free loopback port."""

import signal
import subprocess
from pathlib import Path

from live_gunicorn import free_port, wait_for


class RedisServer:
    """One redis-server without persistence."""

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir()
        self.port = free_port()
        self._command = [
            "redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(folder), *options]
        self.start()

    def start(self, *options: str) -> None:
        """Starts the server, at first or after a kill, then perhaps with more options."""
        self._process = subprocess.Popen([*self._command, *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def wait_until_ready(self) -> None:
        """Returns when the server responds."""
        wait_for(lambda: self.cli("ping") == "PONG", "the answer of redis-server")

    def cli(self, *arguments: str) -> str:
        """Runs redis-cli. Returns its output."""
        command = ["redis-cli", "-p", str(self.port), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout.strip()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kills it with SIGKILL."""
        self._process.kill()
        self._process.wait()

"""A real Gunicorn on free loopback ports."""

import contextlib
import http.client
import itertools
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import Callable, Iterator, Optional, Sequence

from exposition import Exposition

READY_TIMEOUT = 60.0
END_TIMEOUT = 60.0
LOST_SIGNAL_TIMEOUT = 2.0

#: The interpreter that runs Gunicorn, by default the one that runs the tests.
PYTHON = shlex.split(os.environ.get("GUNICORN_PYTHON", "")) or [sys.executable]

RUN_GUNICORN = Path(__file__).parent / "run_gunicorn.py"

HOOKS = """
on_starting = "gunicorn_prometheus_exporter.default_on_starting"
when_ready = "gunicorn_prometheus_exporter.default_when_ready"
worker_int = "gunicorn_prometheus_exporter.default_worker_int"
on_exit = "gunicorn_prometheus_exporter.default_on_exit"
"""

PROMETHEUS_WORKER = 'worker_class = "gunicorn_prometheus_exporter.plugin.PrometheusWorker"\n'


#: Ports below the kernel's ephemeral range and the .NET tests' range (FreePort.cs). Each test process starts at another port,
#: because another process could take a port before the server listens on it.
_ports = itertools.cycle(range(10_000, 21_000))
for _ in range(os.getpid() * 2_000 % 11_000):
    next(_ports)


#: Sockets whose names reserve the last ports for this process: another test process that used one would send requests to our server.
_claims: deque[socket.socket] = deque(maxlen=200)


def free_port() -> int:
    """Returns a loopback port on which no process listens, and that no other test process uses."""
    for port in _ports:
        claim = socket.socket(socket.AF_UNIX)
        with socket.socket() as probe, contextlib.suppress(OSError):
            claim.bind(f"\0gunicorn-prometheus-exporter-test-port-{port}")
            probe.bind(("127.0.0.1", port))
            _claims.append(claim)
            return port
        claim.close()
    raise AssertionError("there is always a next port")


def wait_for(condition: Callable[[], object], what: str, timeout: float = READY_TIMEOUT) -> None:
    """Returns when the condition is true. After the timeout it fails with ``what`` in the message."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout} s"
        time.sleep(0.05)


def settled(read: Callable[[], Exposition], requests: int) -> Exposition:
    """Waits until at least this many requests are counted: a worker counts a request after its response."""
    wait_for(lambda: read().total("gunicorn_worker_requests_total") >= requests, f"the count of {requests} requests")
    return read()


@contextlib.contextmanager
def process(*command: object, **environment: str) -> Iterator[None]:
    """Runs a process in this environment. pytest shows its output if the test fails."""
    started = subprocess.Popen(list(map(str, command)), env=environment or None, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        started.terminate()
        started.wait(END_TIMEOUT)


class LiveGunicorn:
    """One Gunicorn, with its master, workers and exporter."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        *options: str,
        conf: str = HOOKS + PROMETHEUS_WORKER,
        config_option: Optional[str] = None,
        app: str = "app:app",
        metrics_port: Optional[int] = None,
        variables: Optional[dict[str, str]] = None,
        launcher: Sequence[str] = (),
    ) -> None:
        """Starts Gunicorn. ``conf`` is the text of its configuration file, ``launcher`` a prefix of the command line."""
        folder.mkdir()
        self.conf = folder / "gunicorn.conf.py"
        self.conf.write_text(conf)
        self.port = free_port()
        self.metrics_port = metrics_port or free_port()
        self._log = folder / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *launcher, *PYTHON, str(RUN_GUNICORN), "-c", config_option or str(self.conf),
                    "-b", f"127.0.0.1:{self.port}", *options, app,
                ],
                env={**environment, "PROMETHEUS_METRICS_PORT": str(self.metrics_port), **(variables or {})},
                cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        """The log of master, workers and exporter so far."""
        return self._log.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        """Returns when the application's port is open and a worker boots."""

        def answers() -> bool:
            assert self.process.poll() is None, f"Gunicorn ended with {self.process.returncode}:\n{self.log}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return True
            return False

        wait_for(answers, "the application's port")
        wait_for(lambda: "Booting worker" in self.log, "a worker")

    def wait_until_served(self) -> None:
        """Returns when the exporter responds."""

        def answers() -> bool:
            with contextlib.suppress(OSError):
                return self._request(self.metrics_port, "GET", "/-/healthy")[0] == 200
            return False

        wait_for(answers, f"the exporter of {self.log}")

    def get(self, path: str) -> int:
        """Requests a path of the application. Returns the status, or 0 if the connection was closed without one."""
        return self.request("GET", path)[0]

    def request(self, method: str, path: str, body: Optional[str] = None) -> tuple[int, str]:
        """Requests a path of the application. Returns status and body."""
        try:
            return self._request(self.port, method, path, body)
        except http.client.IncompleteRead as error:
            return 200, error.partial.decode()
        except (http.client.HTTPException, ConnectionError):
            return 0, ""

    def send(self, data: bytes) -> bytes:
        """Sends bytes to the application's port. Returns the whole response."""
        with self.connect(data) as connection:
            answer = b""
            # A server that closes before it has read everything resets the connection.
            with contextlib.suppress(ConnectionResetError):
                while chunk := connection.recv(65536):
                    answer += chunk
            return answer

    def connect(self, data: bytes) -> socket.socket:
        """Sends bytes to the application's port. Returns the connection."""
        connection = socket.create_connection(("127.0.0.1", self.port), 30)
        connection.sendall(data)
        return connection

    def send_and_leave(self, data: bytes) -> None:
        """Sends bytes to the application's port and closes the connection without reading the response."""
        self.connect(data).close()

    def metrics(self, requests: int = 0) -> Exposition:
        """Scrapes the exporter when at least this many requests are counted."""
        self.wait_until_served()
        return settled(self.scrape, requests)

    def children(self) -> dict[int, str]:
        """Returns the command lines of the master's children, by pid."""
        found = {}
        for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with contextlib.suppress(OSError):
                found[int(pid)] = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def second_masters(self) -> list[int]:
        """Returns a list with the pid of the master that SIGUSR2 started, or an empty list."""
        mark = f"GUNICORN_PID={self.pid}\0".encode()
        found = []
        for pid in self.children():
            with contextlib.suppress(OSError):
                if mark in Path(f"/proc/{pid}/environ").read_bytes():
                    found.append(pid)
        return found

    def workers(self) -> list[int]:
        return sorted(pid for pid, command in self.children().items() if RUN_GUNICORN.name in command)

    def exporters(self) -> list[int]:
        """Returns a list with the exporter's pid, or an empty list if it is not running."""
        return [pid for pid, command in self.children().items() if " serve " in command]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def end(self) -> int:
        """Stops Gunicorn with SIGTERM. Returns its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(LOST_SIGNAL_TIMEOUT)
            # Gunicorn's worker loses a SIGTERM between its fork and its init_signals: its master would wait for the graceful timeout.
            for pid in self.workers():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    # A master that takes over is a child too.
                    if f"GUNICORN_PID={self.pid}".encode() not in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                        os.kill(pid, signal.SIGTERM)
            try:
                self.process.wait(END_TIMEOUT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f"Gunicorn did not end:\n{self.log}") from None
        return self.process.returncode

    def scrape(self) -> Exposition:
        status, text = self._request(self.metrics_port, "GET", "/metrics")
        assert status == 200, text
        return Exposition(text)

    @staticmethod
    def _request(port: int, method: str, path: str, body: Optional[str] = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

"""The two sides of the benchmarks of the scrape: the exporter over HTTP, and prometheus_client in this process."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from types import TracebackType
from typing import Dict, Optional, Type

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXPORTER = os.path.join(ROOT, "out", "gunicorn-prometheus-exporter")
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: bench\r\n\r\n"
MEMORY = """
import resource, sys
sys.path.insert(0, sys.argv[2])
from scrape_sides import theirs
theirs(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


class Exporter:
    """Ours: a process of its own that serves a directory, scraped over one connection."""

    def __init__(self, directory: str, fold: bool = False) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [EXPORTER, "serve", "--web.listen-address", f"127.0.0.1:{port}", "--multiproc-dir", directory],
            stderr=subprocess.DEVNULL, env={**os.environ, "CLEANUP_DB_FILES": "true" if fold else "false"})
        self.connection = self._connect(port)
        self.buffer = bytearray(1 << 20)
        self.body = slice(0)

    def text(self) -> bytes:
        """Returns the exposition that was received last."""
        return bytes(self.buffer[self.body])

    def scrape(self) -> None:
        """Asks for the exposition and receives it."""
        self.connection.sendall(REQUEST)
        received, end = 0, None
        while end is None or received < end:
            if received == len(self.buffer):
                self.buffer.extend(bytes(len(self.buffer)))
            with memoryview(self.buffer) as view:
                count = self.connection.recv_into(view[received:])
            if count == 0:
                raise ConnectionError("the exporter closed the connection")
            received += count
            if end is None and (head := self.buffer.find(b"\r\n\r\n", 0, received)) >= 0:
                length = self.buffer[:head].lower().split(b"content-length:")[1].split(b"\r")[0]
                end = head + 4 + int(length)
        self.body = slice(head + 4, end)

    def processor_time(self) -> float:
        """Returns the milliseconds that its threads have run."""
        nanoseconds = 0
        for thread in os.scandir(f"/proc/{self.process.pid}/task"):
            with contextlib.suppress(FileNotFoundError), open(f"{thread.path}/schedstat", encoding="ascii") as statistics:
                nanoseconds += int(statistics.read().split()[0])
        return nanoseconds / 1e6

    def memory(self) -> "Dict[str, int]":
        """Returns the resident memory in kB: the peak, and now, of its own and mapped from files."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            fields = dict(line.split(":", 1) for line in status)
        return {name: int(fields[name].split()[0]) for name in ("VmHWM", "VmRSS", "RssAnon", "RssFile")}

    def __enter__(self) -> "Exporter":
        return self

    def __exit__(
        self, kind: "Optional[Type[BaseException]]", error: "Optional[BaseException]", trace: "Optional[TracebackType]",
    ) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.wait()

    @staticmethod
    def _connect(port: int) -> socket.socket:
        for _ in range(1000):
            try:
                connection = socket.create_connection(("127.0.0.1", port))
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise TimeoutError("the exporter did not listen within ten seconds")


def theirs(directory: str) -> bytes:
    """Does what an application that uses prometheus_client does at each scrape."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)
    return generate_latest(registry)


def their_memory(directory: str) -> int:
    """Returns the peak of the resident memory of a process that does it once, in kB."""
    command = [sys.executable, "-c", MEMORY, directory, os.path.dirname(os.path.abspath(__file__))]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def samples(text: bytes) -> "Dict[str, float]":
    """Returns the application's samples of an exposition, by name and labels in order; no value of a label has a comma."""
    pairs = (line.rsplit(" ", 1) for line in text.decode().splitlines() if line.startswith("app_"))
    return {",".join(sorted(name.rstrip("}").replace("{", ",").split(","))): float(value) for name, value in pairs}

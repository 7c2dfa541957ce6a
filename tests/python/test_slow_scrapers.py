"""Clients that send many requests and read no response: memory and CPU stay bounded, and scrapes succeed."""

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Iterator

import pytest

from conftest import EXECUTABLE
from live_gunicorn import END_TIMEOUT, free_port, wait_for

FAMILIES = 20
SERIES = 1_500

#: The limits in docs/security.md for an exporter with responses of 3 MB.
STATED_MEMORY = 200 << 20

STORE = f"""
import prometheus_client
for family in range({FAMILIES}):
    counter = prometheus_client.Counter(f"app_{{family}}", "What the application counts, at some length", ["customer"])
    for series in range({SERIES}):
        counter.labels(f"customer number {{series:06}} of a certain length").inc()
"""
SELECTION = "&".join(f"name[]=app_{family}" for family in range(FAMILIES))


class Exporter:
    """The real executable, on a store of twenty large families."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(EXECUTABLE), "serve", "--web.listen-address", f"127.0.0.1:{self.port}"],
            env={**environment, "CLEANUP_DB_FILES": "false"}, stderr=subprocess.DEVNULL)
        self._open: list[socket.socket] = []

    def ask(self, query: str, path: str = "/metrics", headers: str = "") -> socket.socket:
        """Sends a request without reading the response."""
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(60)
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(f"GET {path}?{query} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode())
        self._open.append(connection)
        return connection

    def scrape(self, query: str = "") -> int:
        """Reads a response. Returns its size."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics?{query}", timeout=60) as answer:
            return len(answer.read())

    def leave(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()

    def peak(self) -> int:
        """The peak memory so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) << 10

    def processor_ticks(self) -> int:
        """The CPU time used so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def end(self) -> None:
        self.leave()
        self.process.terminate()
        self.process.wait(END_TIMEOUT)


def settle(exporter: Exporter) -> None:
    """Returns when the exporter is idle: it used almost no CPU for a while."""

    def rests() -> bool:
        before = exporter.processor_ticks()
        time.sleep(0.5)
        return exporter.processor_ticks() - before <= 2

    wait_for(rests, "rest")


@pytest.fixture
def exporter(environment, run_python) -> Iterator[Exporter]:
    Path(environment["PROMETHEUS_MULTIPROC_DIR"]).mkdir(mode=0o700)
    assert run_python(STORE).returncode == 0
    running = Exporter(environment)
    try:

        def serves() -> bool:
            with contextlib.suppress(OSError):
                return running.scrape() > 1 << 20
            return False

        wait_for(serves, "the exporter")
        yield running
    finally:
        running.end()


def start_of(connection: socket.socket) -> bytes:
    """Returns the start of a response, nothing if the exporter has given up the client."""
    with contextlib.suppress(ConnectionError):
        return connection.recv(4096)
    return b""


@pytest.mark.parametrize("headers", ["", "Accept-Encoding: gzip\r\n"], ids=["plain", "gzip"])
def test_sixty_selections_that_nobody_reads_take_bounded_memory(exporter, headers):
    connections = [exporter.ask(f"{SELECTION}&name[]=x{number}", headers=headers) for number in range(60)]
    assert exporter.scrape() > 2 << 20
    settle(exporter)
    starts = [start_of(connection).split(b"\r\n\r\n")[0] for connection in connections]
    print(f"{exporter.peak() >> 20} MB at most, {sum(b'503' in start for start in starts)} refused")

    refused = [start for start in starts if start.startswith(b"HTTP/1.1 503")]
    assert refused and all(b"Retry-After: 1" in start for start in refused)
    assert exporter.peak() < STATED_MEMORY


def test_a_thousand_requests_that_nobody_reads_take_bounded_memory_and_a_scrape_is_answered(exporter):
    for start in range(0, 1_000, 100):
        for number in range(start, start + 50):
            exporter.ask(f"{SELECTION}&name[]=x{number}")
            exporter.ask("")
        assert exporter.scrape() > 2 << 20
    settle(exporter)
    print(f"{exporter.peak() >> 20} MB at most")
    assert exporter.peak() < STATED_MEMORY


def test_pages_that_nobody_reads_take_bounded_memory(exporter):
    for _ in range(200):
        exporter.ask("", path="/")
        exporter.ask("", path="/requests.json")
    assert exporter.scrape() > 2 << 20
    settle(exporter)
    print(f"{exporter.peak() >> 20} MB at most")
    assert exporter.peak() < STATED_MEMORY


def test_clients_that_left_cost_nothing(exporter):
    before = exporter.processor_ticks()
    for number in range(100):
        exporter.scrape(f"{SELECTION}&name[]=y{number}")
    each = (exporter.processor_ticks() - before) / 100
    before = exporter.processor_ticks()
    for number in range(200):
        exporter.ask(f"{SELECTION}&name[]=x{number}")
        if number % 50 == 49:
            exporter.leave()
    settle(exporter)
    used = exporter.processor_ticks() - before
    print(f"{each} ticks each, {used} for 200 that left")
    assert used < 100 * each


def test_an_ordinary_prometheus_and_a_few_people_are_never_refused(exporter):
    slow = [exporter.ask(f"name[]=app_{number}") for number in range(3)]
    # Later the exporter gives up clients that read nothing.
    assert all(connection.recv(4096).startswith(b"HTTP/1.1 200") for connection in slow)
    for number in range(50):
        assert exporter.scrape() > 2 << 20
        assert exporter.scrape(f"name[]=app_{number % FAMILIES}") > 50 << 10


@pytest.mark.parametrize("query", ["&".join(f"name[]=n{number}" for number in range(10_000)), "a" * 100_000])
def test_a_query_without_end_is_refused(exporter, query):
    connection = exporter.ask(query)
    assert connection.recv(4096).startswith(b"HTTP/1.1 414")
    assert os.path.exists(f"/proc/{exporter.process.pid}")

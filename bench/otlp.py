"""What a snapshot costs the exporter by OTLP, beside remote write and a scrape: processor time and bytes.

All send every series of one store once a second to a receiver on loopback that only counts. Run by ``make bench`` with the
distribution's Python.
"""

import os
import statistics
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Dict, List, NamedTuple

import machine
from exporter import EXECUTABLE
from remote_write import free_port, get, resident_mb, running
from scrape_store import Store, counters

SERIES = (2_000, 20_000)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
SETTLE = 5


class Receiver(BaseHTTPRequestHandler):
    """Accepts everything. Counts requests and bytes."""

    requests = 0
    received = 0

    def do_POST(self) -> None:
        """Reads a request, and says that all its samples were stored."""
        self.rfile.read(length := int(self.headers["Content-Length"]))
        Receiver.requests += 1
        Receiver.received += length
        self.send_response(200 if "/v1/metrics" in self.path else 204)
        for kind in ("Samples", "Histograms", "Exemplars"):
            self.send_header(f"X-Prometheus-Remote-Write-{kind}-Written", "1")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing."""


class Cost(NamedTuple):
    """What one snapshot cost."""

    cpu_ms: float
    kilobytes: float
    resident_mb: float


def cpu_seconds(pid: int) -> float:
    """Returns the processor time of a process, in steps of a nanosecond."""
    return time.clock_gettime((~pid << 3) | 2)


def measure(store: Store, address: str, port: int, environment: "Dict[str, str]", scrapes: bool) -> Cost:
    """Starts an exporter, lets it settle, and has it send or answer once a second."""
    command = [EXECUTABLE, "serve", "--web.listen-address", f"127.0.0.1:{port}", "--multiproc-dir", store.directory]
    with running(command, **{name: value.replace("RECEIVER", address) for name, value in environment.items()}) as pid:
        get(f"http://127.0.0.1:{port}/-/ready")
        for turn in range(SETTLE + SECONDS):
            if turn == SETTLE:
                cpu, requests, received, resident = cpu_seconds(pid), Receiver.requests, Receiver.received, 0.0
            started = time.monotonic()
            store.change(turn)
            if scrapes:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                    Receiver.received += len(answer.read())
                    Receiver.requests += 1
            time.sleep(max(0.0, started + 1 - time.monotonic()))
            resident = resident_mb(pid)
        snapshots = SECONDS
        assert not environment or Receiver.requests > requests, "nothing arrived"
        return Cost((cpu_seconds(pid) - cpu) / snapshots * 1e3, (Receiver.received - received) / snapshots / 1e3, resident)


SENDERS = {
    "nothing": ({}, False),
    "a scrape of the text format": ({}, True),
    "remote write 1.0": ({"REMOTE_WRITE_PROTOCOL": "1.0", "REMOTE_WRITE_URL": "RECEIVER/api/v1/write", "REMOTE_WRITE_INTERVAL": "1"}, False),
    "remote write 2.0": ({"REMOTE_WRITE_PROTOCOL": "2.0", "REMOTE_WRITE_URL": "RECEIVER/api/v1/write", "REMOTE_WRITE_INTERVAL": "1"}, False),
    "OTLP": ({"OTLP_ENABLED": "true", "OTLP_URL": "RECEIVER/v1/metrics", "OTLP_INTERVAL": "1"}, False),
    "OTLP, again": ({"OTLP_ENABLED": "true", "OTLP_URL": "RECEIVER/v1/metrics", "OTLP_INTERVAL": "1"}, False),
    "OTLP, uncompressed": (
        {"OTLP_ENABLED": "true", "OTLP_URL": "RECEIVER/v1/metrics", "OTLP_INTERVAL": "1", "OTLP_COMPRESSION": "none"}, False),
}


def main() -> None:
    """Measures every sender with every store, in turns."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    lines = [
        "# OTLP",
        "",
        machine.describe(),
        "",
        f"Every series once a second for {SECONDS} s, all values changed each time, to a receiver on loopback that only counts: the "
        f"median of {ROUNDS} runs in turns, with the lowest and the highest. The processor time is all that the exporter used: "
        "reading the store, encoding, compressing and sending, and what it does once a second in any case, which is the row "
        "\"nothing\". \"OTLP, again\" is the same as \"OTLP\": the difference is the noise.",
        "",
        "| series of the application | sender | processor time per snapshot | bytes per snapshot | resident |",
        "|---:|---|---:|---:|---:|",
    ]
    for series in SERIES:
        costs: "Dict[str, List[Cost]]" = {name: [] for name in SENDERS}
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            store = Store(directory, "counter", [counters(series)])
            for _ in range(ROUNDS):
                for name, (environment, scrapes) in SENDERS.items():
                    costs[name].append(measure(store, address, free_port(), environment, scrapes))
            store.close()
        for name, found in costs.items():
            times = sorted(cost.cpu_ms for cost in found)
            lines.append(
                f"| {series:,} | {name} | {statistics.median(times):.2f} ms ({times[0]:.2f} to {times[-1]:.2f}) "
                f"| {statistics.median(cost.kilobytes for cost in found):,.1f} kB "
                f"| {statistics.median(cost.resident_mb for cost in found):.0f} MB |")
    machine.write("otlp.md", "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()

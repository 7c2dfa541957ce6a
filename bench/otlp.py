"""What a snapshot costs the exporter by OTLP, beside remote write and a scrape: processor time and bytes.

All send every series of one store once a second to a receiver on loopback that only counts. Run by ``make bench`` with the
distribution's Python.
"""

import os
import re
import statistics
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Dict, List, NamedTuple

import machine
from exporter import EXECUTABLE
from remote_write import PATIENCE, free_port, get, resident_mb, running
from scrape_store import Store, counters

SERIES = (2_000, 20_000)
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
SETTLE = 5


class Receiver(BaseHTTPRequestHandler):
    """Accepts everything. Counts bytes."""

    received = 0

    def do_POST(self) -> None:
        """Reads a request, and says that all its samples were stored."""
        self.rfile.read(length := int(self.headers["Content-Length"]))
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


def sent(port: int) -> int:
    """Returns how many snapshots an exporter says it has sent."""
    metrics = get(f"http://127.0.0.1:{port}/metrics")
    found = re.search(r'^gunicorn_exporter_forwarder_snapshots_total\{.*outcome="sent"\} (\d+)', metrics, re.M)
    return int(found[1]) if found else 0


def measure(store: Store, address: str, port: int, environment: "Dict[str, str]", scrapes: bool) -> Cost:
    """Starts an exporter, and has it send or answer once a second."""
    command = [EXECUTABLE, "serve", "--web.listen-address", f"127.0.0.1:{port}", "--multiproc-dir", store.directory]
    with running(command, **{name: value.replace("RECEIVER", address) for name, value in environment.items()}) as pid:
        get(f"http://127.0.0.1:{port}/-/ready")
        end = time.monotonic() + PATIENCE
        while environment and sent(port) == 0:
            assert time.monotonic() < end, f"nothing arrived: {environment}"
            time.sleep(0.1)
        time.sleep(SETTLE)
        before = sent(port)
        cpu, received = cpu_seconds(pid), Receiver.received
        for turn in range(SECONDS):
            started = time.monotonic()
            store.change(turn + 1)
            if scrapes:
                Receiver.received += len(get(f"http://127.0.0.1:{port}/metrics"))
            time.sleep(max(0.0, started + 1 - time.monotonic()))
        cpu, received = cpu_seconds(pid) - cpu, Receiver.received - received
        snapshots = sent(port) - before if environment else SECONDS
        return Cost(cpu / snapshots * 1e3, received / snapshots / 1e3, resident_mb(pid))


REMOTE_WRITE = {"REMOTE_WRITE_URL": "RECEIVER/api/v1/write", "REMOTE_WRITE_INTERVAL": "1"}
OTLP = {"OTLP_ENABLED": "true", "OTLP_URL": "RECEIVER/v1/metrics", "OTLP_INTERVAL": "1"}

SENDERS = {
    "nothing": ({}, False),
    "a scrape of the text format": ({}, True),
    "remote write 1.0": ({**REMOTE_WRITE, "REMOTE_WRITE_PROTOCOL": "1.0"}, False),
    "remote write 2.0": ({**REMOTE_WRITE, "REMOTE_WRITE_PROTOCOL": "2.0"}, False),
    "OTLP": (OTLP, False),
    "OTLP, again": (OTLP, False),
    "OTLP, uncompressed": ({**OTLP, "OTLP_COMPRESSION": "none"}, False),
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

"""What the exporter costs: from its start to its first answer, its resident memory, and from SIGTERM to its end.

Run by ``make bench`` with the distribution's Python. Stores are made by a stock ``prometheus_client``.
"""

import os
import socket
import statistics
import subprocess
import tempfile
import time
from typing import NamedTuple

import machine
from prometheus_client.mmap_dict import MmapedDict, mmap_key

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXECUTABLE = os.path.join(ROOT, "out", "gunicorn-prometheus-exporter")

STARTS = 21
SCRAPES = 2000
PATIENCE = 30.0

#: What the product promises.
LONGEST_START_MS = 100.0
MOST_RESIDENT_MB = 40.0


class Figures(NamedTuple):
    """One life of an exporter."""

    start_ms: float
    resident_first_mb: float
    resident_peak_mb: float
    end_ms: float


def fill(directory: str, files: int, series: int) -> None:
    """Writes counters that all files share, as many processes of one application do."""
    for number in range(files):
        values = MmapedDict(os.path.join(directory, f"counter_{1_000_000 + number}.db"))
        for index in range(series):
            key = mmap_key("app_requests", "app_requests_total", ["endpoint"], [f"/resource/{index}"], "Requests")
            values.write_value(key, float(index))
        values.close()


def scrape(port: int) -> bool:
    """Asks for the metrics once. Returns whether there was an answer with status 200."""
    try:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = connection.recv(1 << 20)
            ok = answer.startswith(b"HTTP/1.1 200 ")
            while answer:
                answer = connection.recv(1 << 20)
            return ok
    except ConnectionRefusedError:
        return False


def resident(pid: int, field: str) -> float:
    """Returns a figure of the process's status file, in MB."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) * 1024 / 1e6


def live(directory: str, scrapes: int) -> Figures:
    """Starts an exporter, scrapes it, ends it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [EXECUTABLE, "serve", "--web.listen-address", f"127.0.0.1:{port}", "--multiproc-dir", directory]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        while not scrape(port):
            if time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"the exporter did not answer within {PATIENCE} s")
            time.sleep(0.0005)
        answered = time.perf_counter()
        first = resident(process.pid, "VmRSS:")
        for _ in range(scrapes):
            scrape(port)
        peak = resident(process.pid, "VmHWM:")
        ending = time.perf_counter()
        process.terminate()
        process.wait(PATIENCE)
        return Figures((answered - begun) * 1e3, first, peak, (time.perf_counter() - ending) * 1e3)
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Measures an empty store and a large one, and says whether the promises hold."""
    lines = [
        "# The exporter's own cost",
        "",
        machine.describe(),
        "",
        f"Start: from exec to the whole first answer, median of {STARTS} (worst). Peak: after {SCRAPES} scrapes, each on "
        "a connection of its own.",
        "",
        "| store | start | resident after the first scrape | peak resident | SIGTERM to end |",
        "|---|---:|---:|---:|---:|",
    ]
    kept = True
    for name, files, series in (("empty", 0, 0), ("64 files × 1,000 series", 64, 1000)):
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            fill(directory, files, series)
            lives = [live(directory, 0) for _ in range(STARTS)]
            loaded = live(directory, SCRAPES)
        starts = [life.start_ms for life in lives]
        start = statistics.median(starts)
        end = statistics.median(life.end_ms for life in lives)
        kept &= start <= LONGEST_START_MS and loaded.resident_peak_mb <= MOST_RESIDENT_MB
        lines.append(
            f"| {name} | {start:.0f} ms ({max(starts):.0f}) | {lives[0].resident_first_mb:.1f} MB "
            f"| {loaded.resident_peak_mb:.1f} MB | {end:.0f} ms |"
        )
    lines += [
        "",
        f"Promised: at most {LONGEST_START_MS:.0f} ms and {MOST_RESIDENT_MB:.0f} MB: {'kept' if kept else 'BROKEN'}.",
        "",
    ]
    machine.write("exporter.md", "\n".join(lines))
    if not kept:
        raise SystemExit(1)


if __name__ == "__main__":
    main()

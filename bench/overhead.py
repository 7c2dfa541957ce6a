"""The processor time that a request costs a worker, with the exporter over without: paired runs, per worker class.

Run by ``make bench``. Two Gunicorns stand side by side, one worker each; wrk loads them in turn. Processor time is the
worker's own, user and system, to the nanosecond from /proc.
"""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Optional

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = os.path.join(ROOT, "out", "python")
ROUNDS = 12
SECONDS = 2

APP = """
BODY = b"x" * 512
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "512")])
    return [BODY]
"""

CLASSES = {"sync": [], "gthread": ["--threads", "4"], "gevent": []}


def free_port() -> int:
    """Returns a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A Gunicorn with one worker."""

    def __init__(self, home: str, worker_class: str, options: "list[str]", exported: bool) -> None:
        """Starts it and waits until it answers."""
        self.port = free_port()
        name = "with" if exported else "without"
        environ = {
            **os.environ, "PYTHONPATH": PACKAGES, "PROMETHEUS_MULTIPROC_DIR": os.path.join(home, f"store-{worker_class}"),
            "PROMETHEUS_BIND_ADDRESS": "127.0.0.1", "PROMETHEUS_METRICS_PORT": str(free_port()),
        }
        conf = ["-c", "python:gunicorn_prometheus_exporter.conf"] if exported else []
        with open(os.path.join(home, f"{worker_class}-{name}.log"), "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *conf, "-k", worker_class, *options, "--chdir", home,
                 "-b", f"127.0.0.1:{self.port}", "app:app"],
                env=environ, stdout=log, stderr=log,
            )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        time.sleep(1)
        self.worker = self._find_worker()

    def cost(self) -> float:
        """Loads the server; returns the worker's microseconds of processor time for a request."""
        before = self._processor_seconds()
        output = subprocess.run(
            ["wrk", "-t1", "-c4", f"-d{SECONDS}s", f"http://127.0.0.1:{self.port}/"], capture_output=True, text=True, check=True
        ).stdout
        spent = self._processor_seconds() - before
        match = re.search(r"(\d+) requests in", output)
        assert match is not None, output
        return spent / int(match[1]) * 1e6

    def end(self) -> None:
        """Ends it by its pid."""
        self.process.terminate()
        self.process.wait(20)

    def _find_worker(self) -> int:
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            for pid in children.read().split():
                with open(f"/proc/{pid}/cmdline", "rb") as command:
                    if b"gunicorn-prometheus-exporter" not in command.read():
                        return int(pid)
        raise AssertionError("no worker")

    def _processor_seconds(self) -> float:
        total = 0
        for thread in os.listdir(f"/proc/{self.worker}/task"):
            with open(f"/proc/{self.worker}/task/{thread}/schedstat", encoding="ascii") as schedstat:
                total += int(schedstat.read().split()[0])
        return total / 1e9


def compare(home: str, worker_class: str, options: "list[str]") -> "Optional[tuple[float, float, float]]":
    """Returns medians: microseconds without, with, and the ratio pair by pair."""
    plain = Server(home, worker_class, options, exported=False)
    exported = Server(home, worker_class, options, exported=True)
    try:
        plain.cost(), exported.cost()
        pairs = []
        for number in range(ROUNDS):
            # Each goes first in turn: the second finds the connections of the first still closing.
            first, second = (plain, exported) if number % 2 else (exported, plain)
            costs = {first: first.cost(), second: second.cost()}
            pairs.append((costs[plain], costs[exported]))
    finally:
        plain.end()
        exported.end()
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[1] / pair[0] for pair in pairs),
    )


def main() -> None:
    """Measures and writes the result."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        with open(os.path.join(home, "app.py"), "w", encoding="utf-8") as app:
            app.write(APP)
        for worker_class, options in CLASSES.items():
            without, with_exporter, ratio = compare(home, worker_class, options)
            rows.append(f"| {worker_class} | {without:.1f} | {with_exporter:.1f} | {ratio:.3f} |")
    machine.write("overhead.md", f"""# What a request costs a worker

{machine.describe()}. `make bench`; Gunicorn with one worker, an application that does nothing, wrk with 4 connections for
{SECONDS} s; medians of {ROUNDS} pairs that take turns. Processor time of the worker, user and system.

| worker class | µs a request without | with the exporter | ratio, pair by pair |
|---|---:|---:|---:|
""" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

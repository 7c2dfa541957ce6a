"""What a profile at 50 samples a second takes of a worker: the processor time of a request with and without it, in turns.

Run by ``make bench``. One sync worker serves requests that compute for 20 ms at the end of a stack of about 20 or 60 frames. A block
is a few seconds of requests; blocks with a profile and without take turns. Processor time is the worker's own, to the nanosecond.
The blocks without a profile are halved and compared too: their ratio is the error of the method. A processor that never sleeps is
faster, and a profile keeps it awake: so idle-class processes keep every processor awake in all blocks.
"""

import contextlib
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Iterator

import machine
from overhead import PACKAGES, free_port

EXECUTABLE = os.path.join(PACKAGES, "gunicorn_prometheus_exporter", "bin", "gunicorn-prometheus-exporter")
BLOCKS = int(os.environ.get("BLOCKS", "20"))
SECONDS = 4
#: A worker's own frames and the application's: the rest of a stack of 20 or 60 frames.
DEPTHS = {"about 20 frames": 0, "60 frames": 40}

APP = """
import itertools
DEPTH = {depth}
def compute():
    for _ in itertools.repeat(None, {rounds}): pass
def call(depth):
    return call(depth - 1) if depth else compute()
def app(environ, start_response):
    call(DEPTH)
    start_response("200 OK", [("Content-Length", "0")])
    return []
"""


class Server:
    """A Gunicorn with one worker."""

    def __init__(self, home: str, depth: int) -> None:
        """Starts it and waits until its handler stands."""
        with open(os.path.join(home, "app.py"), "w", encoding="ascii") as app:
            app.write(APP.format(depth=depth, rounds=2_000_000))
        self.port, self.store = free_port(), os.path.join(home, "store")
        self.environ = {**os.environ, "PYTHONPATH": PACKAGES, "PROMETHEUS_MULTIPROC_DIR": self.store}
        # Without hooks there is no exporter, which would share the processors.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-k", "gunicorn_prometheus_exporter.plugin.PrometheusWorker", "--chdir", home,
             "-b", f"127.0.0.1:{self.port}", "app:app"], env=self.environ, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while subprocess.run([EXECUTABLE, "stack", "--format", "json"], env=self.environ, capture_output=True, check=False).returncode:
            assert time.monotonic() < deadline, "the worker's handler never stood"
            time.sleep(0.2)
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as children:
            self.worker = int(children.read().split()[0])

    def nanoseconds(self) -> int:
        """Returns the processor time of the worker's main thread, which waits for a request now."""
        with open(f"/proc/{self.worker}/schedstat", encoding="ascii") as schedstat:
            return int(schedstat.read().split()[0])

    def request(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()

    def block(self, has_profile: bool) -> "tuple[float, str]":
        """Returns the milliseconds of a request, and what the profile says of itself."""
        profile = subprocess.Popen(
            [EXECUTABLE, "profile", "--seconds", str(SECONDS), "--output", "-", "--format", "folded"], env=self.environ,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) if has_profile else None
        time.sleep(0.3)
        before, requests, end = self.nanoseconds(), 0, time.monotonic() + SECONDS - 0.6
        while time.monotonic() < end:
            self.request()
            requests += 1
        # A worker counts a request after its response.
        time.sleep(0.01)
        cost = (self.nanoseconds() - before) / requests / 1e6
        return cost, profile.communicate()[1] if profile else ""


@contextlib.contextmanager
def awake() -> "Iterator[None]":
    """Keeps every processor busy with what gives way to everything else."""
    spinners = [
        subprocess.Popen(["chrt", "-i", "0", sys.executable, "-c", "while True: pass"]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def measure() -> "Iterator[str]":
    """Yields the rows of the table."""
    for name, depth in DEPTHS.items():
        with tempfile.TemporaryDirectory() as home:
            server = Server(home, depth)
            try:
                server.block(False)
                without, with_profile, rates, each = [], [], [], []
                for _ in range(BLOCKS):
                    without.append(server.block(False)[0])
                    cost, said = server.block(True)
                    with_profile.append(cost)
                    found = re.search(r"([\d,]+) samples .* each took about ([\d.]+) ms", said)
                    assert found, said
                    rates.append(int(found[1].replace(",", "")) / SECONDS)
                    each.append(float(found[2]))
            finally:
                server.process.terminate()
                server.process.wait()
        ratio = statistics.median(on / off for on, off in zip(with_profile, without))
        error = statistics.median(without[::2]) / statistics.median(without[1::2])
        yield (
            f"| {name} | {statistics.median(without):.2f} | {statistics.median(with_profile):.2f} | {ratio:.4f} | {error:.4f} "
            f"| {statistics.median(rates):.0f} | {statistics.median(each):.2f} |")


if __name__ == "__main__":
    with awake():
        rows = "\n".join(measure())
    machine.write("profiling.md", f"""# What a profile takes of a worker

{machine.describe()}. `make bench`; one sync worker that computes all the time, medians of
{BLOCKS} blocks of {SECONDS} s with `profile --seconds {SECONDS}` (at most 50 samples a second) and {BLOCKS} without, in turns. Processor
time is the worker's own. A/A compares every second block without a profile with the others: the error of the method.

| stack | ms for each request | with a profile | ratio | A/A | samples per second | ms for each sample, as `profile` estimates |
|---|---:|---:|---:|---:|---:|---:|
{rows}
""")

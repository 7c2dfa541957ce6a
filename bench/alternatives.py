"""What the exporter, Gunicorn's statsd and prometheus_client count while workers are killed, and what they cost a worker.

Run by ``make bench``. Real Gunicorns serve real clients, which count what they were answered, while two things are killed
with SIGKILL: a worker four times a second, and once the process that has the values. statsd_exporter itself is not in
Debian, so this measures what Gunicorn sends: a receiver counts the datagrams. It stands for the daemon, and is killed and
started again in its place.
"""

import collections
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.client import HTTPException
from typing import Optional

import machine
from overhead import PACKAGES, free_port

REQUESTS = 4000
CLIENTS = 4
SECONDS_BETWEEN_KILLS = 0.25
COST_ROUNDS = 15
COST_REQUESTS = 1000

APP = """
import time
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("requests", "Requests", ["method", "path", "status"])
SECONDS = Histogram("seconds", "Latency", ["method", "path"])

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]

def counted(environ, start_response):
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if path == "/metrics":
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        text = generate_latest(registry)
        start_response("200 OK", [("Content-Length", str(len(text)))])
        return [text]
    start = time.perf_counter()
    status = []
    def start_counted(line, headers, *error):
        status.append(line[:3])
        return start_response(line, headers, *error)
    body = app(environ, start_counted)
    SECONDS.labels(method, path).observe(time.perf_counter() - start)
    REQUESTS.labels(method, path, status[0]).inc()
    return body
"""

RECEIVER = """
import os, socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", int(sys.argv[1])))
    with open(sys.argv[2], "ab", buffering=0) as counts:
        while True:
            if server.recv(65536).startswith(b"gunicorn.requests:"):
                counts.write(b".")
"""


class Server:
    """A Gunicorn that one of the sides measures."""

    def __init__(self, home: str, side: str, workers: int) -> None:
        """Starts it, and the process that receives the values if Gunicorn does not."""
        self.home, self.side = home, side
        self.port, self.metrics_port, self.statsd_port = free_port(), free_port(), free_port()
        environ = {
            **os.environ, "PYTHONPATH": PACKAGES, "PROMETHEUS_BIND_ADDRESS": "127.0.0.1",
            "PROMETHEUS_METRICS_PORT": str(self.metrics_port)}
        os.makedirs(os.path.join(home, "store"))
        if side in ("exporter", "prometheus_client"):
            environ["PROMETHEUS_MULTIPROC_DIR"] = os.path.join(home, "store")
        options = {
            "exporter": ["-c", "python:gunicorn_prometheus_exporter.conf"],
            "statsd": ["--statsd-host", f"127.0.0.1:{self.statsd_port}"]}.get(side, [])
        with open(os.path.join(home, "app.py"), "w", encoding="utf-8") as app:
            app.write(APP)
        self.receiver: "Optional[subprocess.Popen[bytes]]" = None
        if side == "statsd":
            self.receive()
        with open(os.path.join(home, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *options, "-w", str(workers), "--chdir", home, "-b", f"127.0.0.1:{self.port}",
                 "app:counted" if side == "prometheus_client" else "app:app"], env=environ, stdout=log, stderr=log)
        wait_for(lambda: request(self.port, "/") and len(self.workers()) == workers)
        if side == "exporter":
            wait_for(lambda: request(self.metrics_port, "/-/healthy"))

    def receive(self) -> None:
        """Starts the receiver of the datagrams."""
        self.receiver = subprocess.Popen([sys.executable, "-c", RECEIVER, str(self.statsd_port), os.path.join(self.home, "counts")])

    def children(self) -> "dict[int, bytes]":
        """Returns the command lines of the master's children."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children", encoding="ascii") as pids:
            return {int(pid): command_of(int(pid)) for pid in pids.read().split()}

    def workers(self) -> "list[int]":
        """Returns the pids of the workers."""
        return [pid for pid, command in self.children().items() if b"gunicorn-prometheus-exporter" not in command and command]

    def kill_holder(self) -> bool:
        """Kills the process that has the values, and starts it again if its master does not; false without one."""
        if self.receiver is not None:
            self.receiver.kill()
            self.receiver.wait()
            # As long as the exporter's master takes.
            time.sleep(1)
            self.receive()
            return True
        exporters = [pid for pid, command in self.children().items() if b"gunicorn-prometheus-exporter" in command]
        for pid in exporters:
            os.kill(pid, signal.SIGKILL)
        return bool(exporters)

    def count(self) -> int:
        """Returns the requests counted so far."""
        if self.side == "statsd":
            return os.path.getsize(os.path.join(self.home, "counts"))
        port, pattern = (
            (self.metrics_port, rb"^gunicorn_http_requests_total{.*} (\S+)$") if self.side == "exporter"
            else (self.port, rb'^requests_total{.*} (\S+)$'))
        return round(sum(map(float, re.findall(pattern, request(port, "/metrics"), re.MULTILINE))))

    def lost(self) -> int:
        """Returns the requests that are known to be lost with their worker."""
        if self.side != "exporter":
            return 0
        text = request(self.metrics_port, "/metrics")
        return round(sum(map(float, re.findall(rb"^gunicorn_worker_requests_lost_total{.*} (\S+)$", text, re.MULTILINE))))

    def end(self) -> None:
        """Stops everything."""
        self.process.terminate()
        self.process.wait(30)
        if self.receiver is not None:
            self.receiver.kill()
            self.receiver.wait()


def command_of(pid: int) -> bytes:
    """Returns a command line; empty if the process has exited."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as command:
            return command.read()
    except OSError:
        return b""


def request(port: int, path: str) -> bytes:
    """Returns the body of the answer; empty without an answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return bytes(answer.read())
    except (OSError, HTTPException):
        return b""


def wait_for(condition: "collections.abc.Callable[[], object]") -> None:
    """Waits until a condition is true."""
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    sys.exit("alternatives: a server did not start")


def load(server: Server, requests: int) -> "tuple[int, int]":
    """Sends requests by several clients. Returns how many were answered, and how many were not."""
    results: "collections.Counter[bool]" = collections.Counter()

    def run() -> None:
        for number in range(requests // CLIENTS):
            results[bool(request(server.port, "/slow" if number % 4 == 0 else "/"))] += 1

    clients = [threading.Thread(target=run) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return results[True], results[False]


def kills(side: str) -> str:
    """Returns a row: what a side counted while processes were killed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        server = Server(home, side, 2)
        try:
            # A request that is answered is counted within moments.
            time.sleep(1)
            before = server.count()
            done = threading.Event()

            def kill() -> None:
                chance = random.Random(1)
                for turn in range(1, 10_000):
                    if done.wait(SECONDS_BETWEEN_KILLS):
                        return
                    if turn == 8:
                        server.kill_holder()
                    elif workers := server.workers():
                        os.kill(chance.choice(workers), signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            answered, failed = load(server, REQUESTS)
            done.set()
            killer.join()
            time.sleep(3)
            counted = server.count() - before
            return f"| {side} | {answered:,} | {failed} | {counted:,} | {counted - answered:+,} | {server.lost()} |"
        finally:
            server.end()


def processor_seconds(pid: int) -> float:
    """Returns the processor time of a process."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as times:
            total += int(times.read().split()[0])
    return total / 1e9


def costs() -> "dict[str, float]":
    """Returns the microseconds of a worker's processor time for a request, by side: the median of blocks in turn."""
    blocks: "dict[str, list[float]]" = collections.defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        servers: "dict[str, Server]" = {}
        try:
            for side in ("nothing", *SIDES):
                os.makedirs(os.path.join(home, side))
                servers[side] = Server(os.path.join(home, side), side, 1)
            for _ in range(COST_ROUNDS):
                for side, server in random.sample(sorted(servers.items()), len(servers)):
                    worker = server.workers()[0]
                    start = processor_seconds(worker)
                    for _ in range(COST_REQUESTS):
                        with socket.create_connection(("127.0.0.1", server.port)) as client:
                            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                            while client.recv(4096):
                                pass
                    blocks[side].append((processor_seconds(worker) - start) / COST_REQUESTS * 1e6)
        finally:
            for server in servers.values():
                server.end()
    return {side: statistics.median(values) for side, values in blocks.items()}


SIDES = ("exporter", "statsd", "prometheus_client")


def main() -> None:
    """Writes the result."""
    rows = [kills(side) for side in SIDES]
    taken = costs()
    costs_rows = [f"| {side} | {value:.0f} | {value - taken['nothing']:+.0f} |" for side, value in taken.items()]
    machine.write("alternatives.md", "\n".join([
        "# What the alternatives count and cost", "",
        f"{machine.describe()}. `bench/alternatives.py`: a real Gunicorn with `sync` workers for each side.", "",
        "## While processes are killed", "",
        f"Two workers, {CLIENTS} clients, {REQUESTS:,} requests. A worker is killed with SIGKILL every",
        f"{SECONDS_BETWEEN_KILLS} s. Once, the process that has the values is killed in its place: the exporter, which its master",
        "starts again after a second, or the receiver of the datagrams, which starts again after a second. prometheus_client has",
        "no such process.",
        "statsd_exporter is not in Debian: a receiver of datagrams stands for it, so the row has what Gunicorn sent and somebody received.",
        "The clients count what they were answered. A request that is counted beyond that was answered to a client that lost",
        "the answer, as the kernel reset the connection of its killed worker.", "",
        "| Side | answered | failed | counted | counted − answered | known to be lost |", "|---|---:|---:|---:|---:|---:|", *rows, "",
        "## Cost", "", f"One worker, an application that does nothing, {COST_ROUNDS} blocks of {COST_REQUESTS:,} requests in",
        "random order; the median.",
        "`prometheus_client` is a middleware with one counter and one histogram, whose values are in files, as for several workers.", "",
        "| Side | µs of the worker's processor per request | more than nothing |", "|---|---:|---:|", *costs_rows, ""]))


if __name__ == "__main__":
    main()

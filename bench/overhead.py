"""The processor time that a request costs a worker, with the exporter over without: paired blocks, per worker class.

Run by ``make bench``; arguments select worker classes. A class that this machine cannot run is skipped, with a line that says so:
``asgi`` needs a newer Gunicorn, which ``make test-matrix`` fetches. With ``BEFORE=DIRECTORY``, the ``out/python`` of an older build, which
``BEFORE_NAME`` names, a server with that build runs too. Servers with one worker each run side by side and are loaded in
blocks of a few milliseconds, in random order, so that other work of the machine affects all alike. They are started many times, also in
random order, because one process differs from the next by the layout of its memory. Strings hash alike in all servers of a start.
Two servers have no exporter: the ratio of the two is the error of the method. All servers share one processor and the client has
another, because threads that move between processors cost a process a few percent for as long as it runs. Processor time is the
worker's own, user and system, to the nanosecond from /proc.
"""

import collections
import importlib.util
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = os.path.join(ROOT, "out", "python")
BEFORE = os.environ.get("BEFORE", "")
STARTS = 36
ROUNDS = 50
REQUESTS = 50
CONNECTIONS = 4
PROCESSORS = os.sched_getaffinity(0)
REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"

BODY = b"x" * 512
APP = """
BODY = b"x" * 512
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "512")])
    return [BODY]
async def asgi(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError(scope["type"])
    headers = [(b"Content-Type", b"text/plain"), (b"Content-Length", b"512")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY})
"""

BUILDS = f" The last columns compare\nthis build with {os.environ.get('BEFORE_NAME', 'an older one')}."


class Class(NamedTuple):
    """A worker class: what Gunicorn is started with, and the module that it needs."""

    setting: str
    module: str
    options: "tuple[str, ...]" = ()
    app: str = "app:app"
    #: The directory of a Gunicorn, if it is not the machine's.
    gunicorn: str = ""

    def is_there(self) -> bool:
        """Returns whether this machine can run it."""
        if self.gunicorn:
            return os.path.isdir(self.gunicorn)
        return importlib.util.find_spec(self.module) is not None


CLASSES = {
    "sync": Class("sync", "gunicorn"),
    "gthread": Class("gthread", "gunicorn", ("--threads", "4")),
    "gevent": Class("gevent", "gevent"),
    "eventlet": Class("eventlet", "eventlet"),
    "tornado": Class("tornado", "tornado"),
    "uvicorn": Class("uvicorn.workers.UvicornWorker", "uvicorn", app="app:asgi"),
    "asgi": Class("gunicorn.workers.gasgi.ASGIWorker", "", app="app:asgi",
                  gunicorn=os.path.join(ROOT, "out", "matrix", "gunicorn-sid")),
}


def free_port() -> int:
    """Returns a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A Gunicorn with one worker."""

    def __init__(self, home: str, worker: Class, name: str) -> None:
        """Starts it."""
        self.port = free_port()
        environ = {
            **os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (BEFORE if name == "before" else PACKAGES, worker.gunicorn))),
            "PROMETHEUS_MULTIPROC_DIR": os.path.join(home, f"store-{worker.setting}-{name}"),
            "PROMETHEUS_BIND_ADDRESS": "127.0.0.1", "PROMETHEUS_METRICS_PORT": str(free_port()),
        }
        self.worker = 0
        conf = ["-c", "python:gunicorn_prometheus_exporter.conf"] if name in ("with", "before") else []
        with open(os.path.join(home, f"{worker.setting}-{name}.log"), "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", *conf, "-k", worker.setting, *worker.options, "--chdir", home,
                 "-b", f"127.0.0.1:{self.port}", worker.app],
                env=environ, stdout=log, stderr=log, preexec_fn=lambda: os.sched_setaffinity(0, {max(PROCESSORS)}),
            )

    def wait(self) -> None:
        """Waits until it answers."""
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        load(self.port, CONNECTIONS)

    def cost(self) -> float:
        """Loads the server; returns the worker's microseconds of processor time for a request."""
        before = self._processor_seconds()
        load(self.port, REQUESTS)
        # The kernel adds a thread's time up when it goes to sleep.
        time.sleep(0.002)
        return (self._processor_seconds() - before) / REQUESTS * 1e6

    def find_worker(self) -> int:
        """Returns the pid of the worker. An exporter that starts looks like one."""
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


def load(port: int, requests: int) -> None:
    """Sends requests over a few connections, kept alive where the worker does, and reads the answers in turn."""
    waiting = collections.deque(ask(connect(port)) for _ in range(CONNECTIONS))
    for _ in range(requests - CONNECTIONS):
        connection = waiting.popleft()
        waiting.append(ask(connection if answer(connection) else connect(port)))
    for connection in waiting:
        answer(connection)
        connection.close()


def connect(port: int) -> socket.socket:
    """Returns a new connection."""
    return socket.create_connection(("127.0.0.1", port), 10)


def ask(connection: socket.socket) -> socket.socket:
    """Sends a request and returns the connection."""
    connection.sendall(REQUEST)
    return connection


def answer(connection: socket.socket) -> bool:
    """Reads an answer; returns whether the connection can take another request, and closes it if not."""
    text = b""
    while not text.endswith(b"\r\n\r\n" + BODY):
        part = connection.recv(4096)
        if not part:
            raise ConnectionError(f"an answer ended after {text!r}")
        text += part
    if b"connection: close" not in text.lower():
        return True
    connection.close()
    return False


class Comparison(NamedTuple):
    """What the starts came to: the median costs of each start's rounds, by server."""

    starts: "list[dict[str, float]]"
    ratios: "dict[tuple[str, str], list[float]]"

    def row(self, worker_class: str) -> str:
        """Returns the row of the table."""
        microseconds = [f"{statistics.median(start[name] for start in self.starts):.1f}" for name in ("without", "with")]
        pairs = [f"{statistics.median(ratios):.3f} | {spread(ratios)}" for ratios in self.ratios.values()]
        return f"| {' | '.join([worker_class, *microseconds, *pairs])} |"


def spread(ratios: "list[float]") -> str:
    """Returns the mean with its standard error."""
    return f"{statistics.mean(ratios):.3f} ± {statistics.stdev(ratios) / len(ratios) ** 0.5:.3f}"


def compare(home: str, worker: Class) -> Comparison:
    """Starts the servers many times; returns what came of it."""
    starts = [measure(home, worker) for _ in range(STARTS)]
    pairs = {("with", "without"): "again", ("again", "without"): "without", **({("with", "before"): "before"} if BEFORE else {})}
    return Comparison(
        [{name: statistics.median(costs[name] for costs in rounds) for name in rounds[0]} for rounds in starts],
        {(over, under): [statistics.median(2 * costs[over] / (costs[under] + costs[also]) for costs in rounds) for rounds in starts]
         for (over, under), also in pairs.items()},
    )


def measure(home: str, worker: Class) -> "list[dict[str, float]]":
    """Starts the servers; returns what a request costs each of them, of each round."""
    names = ("without", "with", "again", *(["before"] if BEFORE else []))
    os.environ["PYTHONHASHSEED"] = str(random.randrange(2**32))
    servers = {name: Server(home, worker, name) for name in random.sample(names, len(names))}
    try:
        for server in servers.values():
            server.wait()
        # The exporter of one of them starts too.
        time.sleep(1)
        for server in servers.values():
            server.worker = server.find_worker()
            server.cost()
        return [{name: servers[name].cost() for name in random.sample(names, len(names))} for _ in range(ROUNDS)]
    finally:
        for server in servers.values():
            server.process.terminate()
        for server in servers.values():
            server.process.wait(20)


def main() -> None:
    """Measures and writes the result."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        with open(os.path.join(home, "app.py"), "w", encoding="utf-8") as app:
            app.write(APP)
        os.sched_setaffinity(0, {min(PROCESSORS)})
        for name in sys.argv[1:] or CLASSES:
            if CLASSES[name].is_there():
                rows.append(compare(home, CLASSES[name]).row(name))
            else:
                print(f"overhead: SKIPPED: {name}: this machine cannot run it", file=sys.stderr)
    machine.write("overhead.md", f"""# What a request costs a worker

{machine.describe()}. `make bench`; Gunicorn with one worker, an application that does nothing, {CONNECTIONS} connections;
{STARTS} starts with {ROUNDS} rounds each, of {REQUESTS} requests to each server, in random order. All servers share one
processor, the client has another. Processor time of the worker, user and system. A start's ratio is the median of its rounds'.
The control compares a second server without the exporter with the first: the error of the method.{BEFORE and BUILDS}

| worker class | µs without | µs with | ratio, median of starts | mean, ± standard error | control, median | mean, ± standard error |{
    BEFORE and " build over older build, median | mean, ± standard error |"}
|---|---:|---:|---:|---:|---:|---:|{BEFORE and "---:|---:|"}
""" + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

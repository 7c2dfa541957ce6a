"""Measures what a scan leaves behind: the size of the store and of a response of /metrics after requests for random paths.

``scan.py [REQUESTS]`` sends so many requests, each for another path that does not exist, to eight workers. Then it requests a real
path. It exits with 1 if a limit below is exceeded, a request is not counted, or the real path has no series of its own.
"""

import os
import random
import shutil
import socket
import sys
import tempfile
import threading
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests" / "python"), str(REPOSITORY / "bench")]

from live_gunicorn import HOOKS, LiveGunicorn  # noqa: E402
from machine import describe, write  # noqa: E402

WORKERS = 8
CLIENTS = 8

#: Requests that a client sends on one connection, and how many of them at once.
CONNECTION = 200
BATCH = 50

LARGEST_STORE = 2_000_000
LARGEST_RESPONSE = 200_000


class Client:
    """Sends requests for random paths, several at once, on one connection after another."""

    def __init__(self, port: int, seed: int, requests: int) -> None:
        self._port = port
        self._random = random.Random(seed)
        self.requests = requests
        self.fault = ""

    def run(self) -> None:
        """Sends every request and reads every response."""
        try:
            for first in range(0, self.requests, CONNECTION):
                with socket.create_connection(("127.0.0.1", self._port), 120) as connection:
                    for _ in range(min(CONNECTION, self.requests - first) // BATCH):
                        connection.sendall(b"".join(request(f"/scan/{self._word()}/{self._word()}.php") for _ in range(BATCH)))
                        read(connection, BATCH)
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"

    def _word(self) -> str:
        return "".join(self._random.choices("abcdefghijklmnopqrstuvwxyz", k=10))


def request(path: str) -> bytes:
    """Returns a request for a path."""
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def read(connection: socket.socket, responses: int) -> None:
    """Reads so many responses without a body."""
    data = b""
    while data.count(b"\r\n\r\n") < responses:
        part = connection.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection")
        data += part


def main() -> int:
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="scan-"))
    environment = {
        "PATH": os.environ["PATH"], "PROMETHEUS_MULTIPROC_DIR": str(folder / "store"), "PROMETHEUS_BIND_ADDRESS": "127.0.0.1",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY / "out" / "python"), str(REPOSITORY / "tests" / "python")]),
    }
    server = LiveGunicorn(
        folder / "server", environment, "-w", str(WORKERS), "-k", "gevent", conf=HOOKS, app="scanned_app:app")
    try:
        server.wait_until_ready()
        server.wait_until_served()
        clients = [Client(server.port, seed, requests // CLIENTS // BATCH * BATCH) for seed in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        sent = sum(client.requests for client in clients)
        real = 10
        for number in range(real):
            server.get(f"/users/{number}")
        metrics = server.metrics(sent + real)
        faults = [client.fault for client in clients if client.fault]
        store = sum(entry.stat().st_blocks * 512 for entry in os.scandir(folder / "store")) / WORKERS
        response = len(metrics.text)
        endpoints = metrics.by("gunicorn_http_requests_total", "endpoint")
        faults += [f"{store:,.0f} bytes of store for each worker"] if store >= LARGEST_STORE else []
        faults += [f"{response:,} bytes of /metrics"] if response >= LARGEST_RESPONSE else []
        if endpoints != {"__unmatched__": sent, "/users/{id}": real}:
            faults.append(f"endpoints {dict(list(endpoints.items())[:9])}")
        workers = metrics.by("gunicorn_worker_requests_total", "worker_id")
    finally:
        server.end()
        shutil.rmtree(folder)
    write("scan.md", f"""# What a scan leaves behind

{describe()}. `bench/scan.py`: {sent:,} requests, each for another path that does not exist, to an
application without a framework under {WORKERS} gevent workers.

| | measured | goal |
|---|---:|---:|
| store, bytes for each worker | {store:,.0f} | {LARGEST_STORE:,} |
| response of `/metrics`, bytes | {response:,} | {LARGEST_RESPONSE:,} |
| values of `endpoint` after the scan | {len(endpoints) - 1} | 1 |
| requests that are counted | {endpoints.get("__unmatched__", 0):,.0f} | {sent:,} |
| requests of the worker with the fewest | {min(workers.values()):,.0f} | |

A real path that is requested after the scan has a series of its own.
""")
    for fault in faults:
        print(f"scan: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

"""Checks that nothing grows while a server answers many requests and replaces its workers all the time.

``soak.py [REQUESTS]`` sends so many requests to each worker class. A worker exits after 50 requests. Meanwhile Prometheus scrapes,
the exporter forwards to Redis, and the server reloads every 15 seconds. The script measures master, workers, exporter and store
after a tenth of the requests, after half of them and at the end. It exits with 1 if something grew in the second half by more than
the margin below, or if a counter differs from what the clients counted. It writes the result to docs/reliability.md.
"""

import contextlib
import http.client
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY / "tests" / "python"), str(REPOSITORY / "bench")]

from live_gunicorn import HOOKS, LiveGunicorn, wait_for  # noqa: E402
from machine import describe  # noqa: E402
from redis_server import RedisServer  # noqa: E402

PAGE = REPOSITORY / "docs" / "reliability.md"
MARK = "<!-- Written by make soak. -->\n"
CLASSES = {"sync": [], "gthread": ["--threads", "4"]}
WORKERS = 4
CLIENTS = 4
LIFE = 50
PATHS = ["/", "/users", "/missing"]
RELOAD_INTERVAL = 15.0
SCRAPE_INTERVAL = 1.0
PATIENCE = 120.0

#: The look since which nothing may grow: until then the exporter loads code, and meets each kind of file for the first time.
WARM = 1

#: What a figure may be larger at the end than after warm-up: a part of it, and so many more.
MARGINS = {
    "descriptors": (0.0, 4), "threads": (0.0, 3), "mappings": (0.1, 16), "RSS, KiB": (0.1, 4096), "PSS, KiB": (0.1, 4096),
    # A reload has old and new workers for a moment, each in a slot with five files of its own, 250 KiB together.
    "files": (0.0, 5 * WORKERS), "bytes": (0.0, 256 * 1024 * WORKERS),
}


@dataclass
class Figures:
    """What one process, or the store, has at one time."""

    values: dict[str, int]

    @staticmethod
    def of_process(pid: int) -> "Figures":
        """Looks at a process."""
        root = Path(f"/proc/{pid}")
        rollup = dict(re.findall(r"^(Rss|Pss): +(\d+)", (root / "smaps_rollup").read_text(), re.MULTILINE))
        return Figures({
            "descriptors": len(os.listdir(root / "fd")), "threads": len(os.listdir(root / "task")),
            "mappings": (root / "maps").read_text().count("\n"), "RSS, KiB": int(rollup["Rss"]), "PSS, KiB": int(rollup["Pss"]),
        })

    @staticmethod
    def of_store(folder: Path) -> "Figures":
        """Looks at a store."""
        sizes = [path.stat().st_blocks * 512 for path in folder.iterdir()]
        return Figures({"files": len(sizes), "bytes": sum(sizes)})

    @staticmethod
    def largest(all_: "list[Figures]") -> "Figures":
        """Returns the largest of each."""
        return Figures({name: max(figures.values[name] for figures in all_) for name in all_[0].values})

    def grown(self, first: "Figures") -> "list[str]":
        """Says what is larger than it may be."""
        limits = {name: value * (1 + MARGINS[name][0]) + MARGINS[name][1] for name, value in first.values.items()}
        return [f"{name} from {first.values[name]} to {value}" for name, value in self.values.items() if value > limits[name]]


class Load:
    """Clients that send requests and know the fate of each, and whoever else a server has to do with."""

    def __init__(self, server: LiveGunicorn) -> None:
        self._server = server
        self._gate = threading.Lock()
        self.received: "Counter[str]" = Counter()
        self.lost = 0
        self.scrapes = 0
        self.reloads = 0

    def send(self, requests: int) -> None:
        """Has this many requests answered."""
        with self._meanwhile(self._scrape, SCRAPE_INTERVAL), self._meanwhile(self._reload, RELOAD_INTERVAL):
            clients = [threading.Thread(target=self._request, args=(requests // CLIENTS,)) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()

    def _request(self, requests: int) -> None:
        for i in range(requests):
            connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=60)
            try:
                connection.request("GET", PATHS[i % len(PATHS)])
                answer = connection.getresponse()
                answer.read()
                outcome = str(answer.status)
            except (OSError, http.client.HTTPException):
                outcome = ""
            finally:
                connection.close()
            with self._gate:
                if outcome:
                    self.received[outcome] += 1
                else:
                    self.lost += 1

    def _scrape(self) -> None:
        self._server.scrape()
        self.scrapes += 1

    def _reload(self) -> None:
        self._server.signal(signal.SIGHUP)
        self.reloads += 1

    @contextlib.contextmanager
    def _meanwhile(self, act: Callable[[], None], interval: float) -> Iterator[None]:
        over = threading.Event()

        def repeat() -> None:
            while not over.wait(interval):
                act()

        thread = threading.Thread(target=repeat)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


class Soak:
    """One server from its start to its end."""

    def __init__(self, worker_class: str, folder: Path) -> None:
        self.worker_class = worker_class
        self.store = folder / "store"
        self.redis = RedisServer(folder / "redis")
        self.redis.wait_until_ready()
        environment = {
            **os.environ, "PYTHONPATH": f"{REPOSITORY}/out/python:{REPOSITORY}/bench", "PYTHONDONTWRITEBYTECODE": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self.store), "PROMETHEUS_BIND_ADDRESS": "127.0.0.1", "REDIS_ENABLED": "true",
            "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.redis.port), "REDIS_FORWARD_INTERVAL": "2",
        }
        self.server = LiveGunicorn(
            folder / "gunicorn", environment, "-k", worker_class, "-w", str(WORKERS), "--max-requests", str(LIFE),
            "--log-level", "warning", *CLASSES[worker_class], conf=HOOKS, app="soak_app:app")
        wait_for(lambda: len(self.server.workers()) == WORKERS, "the workers")
        self.server.wait_until_served()
        self.load = Load(self.server)
        self.looks: "list[dict[str, Figures]]" = []

    def run(self, requests: int) -> None:
        """Sends the requests, and looks three times."""
        for share in (0.1, 0.4, 0.5):
            self.load.send(int(requests * share))
            self._settle()
            self.looks.append(self._look())
            print(f"soak: {self.worker_class}: {sum(self.load.received.values())} answered, {self.looks[-1]}", flush=True)

    def faults(self) -> "list[str]":
        """Says what grew, and which count is not the clients'."""
        found = [
            f"{self.worker_class}: {name}: {fault}"
            for name, figures in self.looks[-1].items() for fault in figures.grown(self.looks[WARM][name])
        ]
        metrics = self.server.scrape()
        received = sum(self.load.received.values())
        counted = {
            "gunicorn_http_requests_total": metrics.total("gunicorn_http_requests_total"),
            "gunicorn_worker_requests_total": metrics.total("gunicorn_worker_requests_total"),
            "soak_visits_total": metrics.total("soak_visits_total"),
            "soak_size_bytes_count": metrics.total("soak_size_bytes_count"),
        }
        # A request whose connection a worker closed unread was counted by nobody; others were, and are known by both.
        found += [
            f"{self.worker_class}: {name} is {count:g}, the clients have {received} answers and lost {self.load.lost}"
            for name, count in counted.items() if not received <= count <= received + self.load.lost
        ]
        statuses = metrics.by("gunicorn_http_requests_total", "status_code")
        if self.load.lost == 0 and statuses != self.load.received:
            found.append(f"{self.worker_class}: by status {statuses}, the clients have {dict(self.load.received)}")
        if metrics.total("gunicorn_exporter_dropped_total") != 0:
            found.append(f"{self.worker_class}: recordings were dropped")
        return found

    def end(self) -> None:
        """Ends everything."""
        try:
            self.server.end()
        finally:
            self.redis.kill()

    def _settle(self) -> None:
        """Waits until no process begins or ends, and what dead ones left is folded."""
        def is_still() -> bool:
            workers = set(self.server.workers())
            dead = [
                path for path in self.store.glob("*_*.db")
                if (pid := path.stem.rpartition("_")[2]).isdigit() and int(pid) not in workers]
            return len(workers) == WORKERS and not dead

        wait_for(is_still, "the folding of what dead workers left", PATIENCE)
        # The exporter unmaps what is gone when it next reads the store.
        self.server.scrape()

    def _look(self) -> "dict[str, Figures]":
        (exporter,) = self.server.exporters()
        return {
            "master": Figures.of_process(self.server.pid),
            "worker, the largest": Figures.largest([Figures.of_process(pid) for pid in self.server.workers()]),
            "exporter": Figures.of_process(exporter), "store": Figures.of_store(self.store),
        }


def table(soak: Soak) -> str:
    """Returns what was found, as a table."""
    load = soak.load
    lines = [
        f"### Worker class `{soak.worker_class}`\n",
        f"{sum(load.received.values()):,} requests answered, {load.lost} lost; {load.scrapes} scrapes, {load.reloads} reloads.\n",
        "| Process | Value | after a tenth | at the half | at the end |", "|---|---|---:|---:|---:|",
    ]
    for name, first in soak.looks[0].items():
        for figure in first.values:
            lines.append(f"| {name} | {figure} | " + " | ".join(f"{look[name].values[figure]:,}" for look in soak.looks) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Runs the soaks; returns the exit status."""
    requests = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    text = f"{describe()}: `make soak`, {requests:,} requests to each class, {WORKERS} workers, `max_requests = {LIFE}`.\n"
    faults: "list[str]" = []
    for worker_class in CLASSES:
        folder = Path(tempfile.mkdtemp(prefix="soak-"))
        start = time.monotonic()
        soak = Soak(worker_class, folder)
        try:
            soak.run(requests)
            faults += soak.faults()
        finally:
            soak.end()
        text += f"\n{table(soak)}"
        print(f"soak: {worker_class} took {time.monotonic() - start:.0f} s", flush=True)
        shutil.rmtree(folder)
    if requests >= 100_000:
        kept, _, _ = PAGE.read_text().partition(MARK)
        PAGE.write_text(kept + MARK + "\n" + text)
    print(text)
    for fault in faults:
        print(f"soak: FAULT: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

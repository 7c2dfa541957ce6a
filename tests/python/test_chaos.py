"""The server's counts equal the client's despite random faults. CHAOS_SEED selects the faults, CHAOS_SECONDS the duration."""

import contextlib
import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, Callable

from chaos_app import STATUSES
from exposition import Exposition
from live_gunicorn import END_TIMEOUT, HOOKS, LiveGunicorn, wait_for

SEED = int(os.environ.get("CHAOS_SEED", "1"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "20"))
CLIENTS = 6
WORKERS = 4
REQUESTS = "gunicorn_http_requests_total"

#: Every request is slow with this threshold, so each is counted once more when it ends or is lost.
SLOW = {"GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS": "0.000001"}

#: The exporter's own counters. They restart with a new exporter, as its start time shows.
OF_EXPORTER = "process_"


class Client(threading.Thread):
    """Sends requests until it is stopped, and keeps the outcome of each."""

    #: The paths, each as often as it is requested.
    paths = ["/ok"] * 60 + ["/slow"] * 20 + ["/missing"] * 10 + ["/broken"] * 9 + ["/hang"]

    def __init__(self, port: int, seed: int) -> None:
        super().__init__()
        self._port = port
        self._random = random.Random(seed)
        self._stopped = threading.Event()

        #: Complete responses by status, and requests without one by the status that they would have had.
        self.received: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def headers(self) -> dict[str, str]:
        return {}

    def run(self) -> None:
        while not self._stopped.is_set():
            path = self._random.choice(self.paths)
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            try:
                connection.connect()
            except OSError:
                # No worker has accepted it, so it has no outcome.
                time.sleep(0.01)
                continue
            try:
                connection.request("GET", path, headers=self.headers())
                response = connection.getresponse()
                if response.read() == b"ok":
                    self.received[str(response.status)] += 1
                    continue
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            self.lost[STATUSES.get(path, "200")[:3]] += 1


class Scraper(threading.Thread):
    """Scrapes continuously. Fails if a counter decreases or a response is incomplete."""

    def __init__(self, scrape: Callable[[], Exposition]) -> None:
        super().__init__()
        self._scrape = scrape
        self._stopped = threading.Event()
        self._highest: dict[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self._exporter = 0.0
        self.scrapes = 0
        self.refused = 0
        self.faults: list[str] = []

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._check(self._scrape())
                self.scrapes += 1
            except (OSError, http.client.HTTPException):
                # No exporter is running now, or it was killed during a response.
                self.refused += 1
            except AssertionError as error:
                self.faults.append(str(error))
            time.sleep(0.1)

    def _check(self, metrics: Exposition) -> None:
        exporter = metrics.value("process_start_time_seconds")
        if exporter != self._exporter:
            self._exporter = exporter
            self._highest = {series: highest for series, highest in self._highest.items() if not series[0].startswith(OF_EXPORTER)}
        seen = {}
        for name, labels, value in metrics.samples:
            if name.endswith(("_total", "_count", "_bucket", "_sum")):
                seen[name, frozenset(labels.items())] = value
        for series, highest in self._highest.items():
            if seen.get(series, 0.0) < highest:
                self.faults.append(f"{series} went from {highest} to {seen.get(series)}")
        self._highest.update(seen)


class Chaos:
    """Injects random events into a server."""

    def __init__(self, server: LiveGunicorn, chance: random.Random) -> None:
        self._server = server
        self._random = chance
        self.master = server.pid
        self.masters = {server.pid}
        self.done: Counter[str] = Counter()

    def run(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        events = self.events()
        while time.monotonic() < deadline:
            name, event = self._random.choice(events)
            # The target may have exited by itself.
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                event()
                self.done[name] += 1
            time.sleep(self._random.uniform(0.1, 1.0))

    def events(self) -> list[tuple[str, Callable[[], None]]]:
        """Returns the events by name, each as often as its share."""
        return [
            ("HUP", self._hang_up), ("TTIN", self._more), ("TTOU", self._fewer), ("USR2", self._upgrade),
            ("kill worker", self._kill_worker), ("kill worker", self._kill_worker), ("kill exporter", self._kill_exporter),
        ]

    def children(self) -> dict[int, str]:
        """Returns the command lines of the children of every master, by pid."""
        found = {}
        for master in self.masters:
            with contextlib.suppress(OSError):
                found.update(children(master))
        return found

    def _hang_up(self) -> None:
        os.kill(self.master, signal.SIGHUP)

    def _more(self) -> None:
        os.kill(self.master, signal.SIGTTIN)

    def _fewer(self) -> None:
        os.kill(self.master, signal.SIGTTOU)

    def _upgrade(self) -> None:
        old = self.master
        mark = f"GUNICORN_PID={old}\0".encode()

        def second() -> list[int]:
            return [pid for pid in children(old) if mark in environment(pid)]

        os.kill(old, signal.SIGUSR2)
        wait_for(second, "a second master")
        (self.master,) = second()
        self.masters.add(self.master)
        wait_for(lambda: any("run_gunicorn" in command for command in children(self.master).values()), "its first worker")
        os.kill(old, signal.SIGTERM)
        # The new master becomes a child of process 1 or of this process, and serves alone.
        wait_for(lambda: not is_serving(old), "the end of the old master")
        self.masters.discard(old)

    def _kill_worker(self) -> None:
        workers = [pid for pid, command in children(self.master).items() if "run_gunicorn" in command]
        if workers:
            os.kill(self._random.choice(sorted(workers)), signal.SIGKILL)

    def _kill_exporter(self) -> None:
        for pid, command in children(self.master).items():
            if " serve " in command:
                os.kill(pid, signal.SIGKILL)


def children(pid: int) -> dict[int, str]:
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            found[int(child)] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def environment(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes()
    return b""


def is_serving(pid: int) -> bool:
    """Returns whether a process is alive. A zombie is not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def sums(counters: list[Counter[str]]) -> Counter[str]:
    return sum(counters, Counter())


def test_every_count_is_the_clients_whatever_happens(start_gunicorn: Any) -> None:
    print(f"CHAOS_SEED={SEED} CHAOS_SECONDS={SECONDS:g}")
    chance = random.Random(SEED)
    server = start_gunicorn(
        "-w", str(WORKERS), "--timeout", "2", "--graceful-timeout", "5", conf=HOOKS, app="chaos_app:app", variables=SLOW)
    server.wait_until_served()
    chaos = Chaos(server, chance)
    scraper = Scraper(server.scrape)
    clients = [Client(server.port, chance.randrange(1 << 32)) for _ in range(CLIENTS)]
    for thread in (scraper, *clients):
        thread.start()
    ended: dict[int, str] = {}
    try:
        chaos.run(SECONDS)
        for client in clients:
            client.stop()
        received, lost = sums([client.received for client in clients]), sums([client.lost for client in clients])

        def counted() -> Counter[str]:
            return Counter({status: int(count) for status, count in server.metrics().by(REQUESTS, "status_code").items()})

        # A worker counts a request after its response, and the exporter looks for dead workers every second.
        with contextlib.suppress(AssertionError):
            wait_for(lambda: received <= counted(), "the counts")
        wait_for(lambda: server.metrics().total("gunicorn_worker_requests_in_flight") == 0, "the last requests")
        scraper.stop()
        metrics = server.metrics()
        found = counted()
        print(f"{dict(chaos.done)}; received {dict(received)}, lost {dict(lost)}, counted {dict(found)}; "
              f"{scraper.scrapes} scrapes, {scraper.refused} without an exporter; "
              f"exits { {reason: count for reason, count in metrics.by('gunicorn_worker_exits_total', 'reason').items() if count} }")
        assert scraper.faults == []
        for status in sorted(received.keys() | found.keys()):
            # An aborted request counts as a 500.
            in_flight = sum(lost.values()) if status == "500" else lost[status]
            assert received[status] <= found[status] <= received[status] + in_flight, status
        assert sum(found.values()) <= sum(received.values()) + sum(lost.values())
        assert metrics.value("gunicorn_exporter_dropped_total") == 0
        deaths = metrics.by("gunicorn_worker_requests_lost_total", "reason")
        assert sum(deaths.values()) > 0
        ended_at_all = metrics.total("gunicorn_http_request_duration_seconds_count") + sum(deaths.values())
        # The age of a request is unknown if no master recorded the exit of its worker.
        assert ended_at_all - deaths.get("unknown", 0) <= metrics.total("gunicorn_slow_requests_total") <= ended_at_all
        assert len(metrics.by("gunicorn_worker_info", "pid")) == metrics.total("gunicorn_worker_info")
        ended = chaos.children()
    finally:
        for thread in (scraper, *clients):
            thread.stop()
        for master in chaos.masters:
            with contextlib.suppress(ProcessLookupError):
                os.kill(master, signal.SIGTERM)
    server.process.wait(END_TIMEOUT)
    gone = chaos.masters | ended.keys()
    wait_for(lambda: not [pid for pid in gone if is_serving(pid)], "the end of every process")

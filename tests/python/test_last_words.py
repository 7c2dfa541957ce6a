"""What workers count while the whole service stops is still forwarded."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from conftest import EXECUTABLE
from exposition import Exposition
from fleet import Hub
from live_gunicorn import LiveGunicorn, wait_for
from redis_server import RedisServer

REQUESTS = "gunicorn_worker_requests_total"
WAITING = "SIGTERM received"

#: Families that workers do not write: the exporter's own, and those that the master counts after the exporter's exit.
OF_OTHERS = ("gunicorn_exporter_", "process_", "gunicorn_master_cpu_", "gunicorn_master_signals_")

#: A test sends two snapshots: the first and the last.
INTERVAL = 120


class Forwarding:
    """A server that forwards to Redis, with a request in flight that the test finishes."""

    def __init__(
        self, start: Callable[..., LiveGunicorn], redis: RedisServer, environment: dict[str, str], folder: Path
    ) -> None:
        self._environment = {**environment, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port)}
        self._permission = folder / "permission"
        self.statuses: list[int] = []
        self.server = start("-w", "2", "--graceful-timeout", "30", variables={
            **self._environment, "REDIS_ENABLED": "true", "REDIS_FORWARD_INTERVAL": str(INTERVAL),
            "GUNICORN_EXPORTER_PER_WORKER": "true"})
        self.server.wait_until_served()
        wait_for(lambda: self.server.scrape().by("gunicorn_worker_state", "state").get("running") == 2, "both workers")
        wait_for(lambda: redis.cli("keys", "*") != "", "the first snapshot")
        assert self.server.get("/") == 200
        # Until it is counted it is in flight.
        self.server.metrics(requests=1)
        self._client = threading.Thread(target=self._request)
        self._client.start()
        wait_for(lambda: self.server.scrape().total("gunicorn_worker_requests_in_flight") == 1, "the request in flight")

    def _request(self) -> None:
        self.statuses.append(self.server.request("POST", "/until", str(self._permission))[0])

    def finish_request(self) -> None:
        """Finishes the request and waits until its client has the response."""
        self._permission.touch()
        self._client.join()

    def end(self) -> None:
        """Stops the client's thread."""
        self.finish_request()

    def forwarded(self) -> Exposition:
        """Returns the content of Redis, as a hub shows it."""
        hub = Hub(self._environment, EXECUTABLE, "--aggregate")
        try:
            # Its first read may take too long.
            wait_for(lambda: hub.read().value("gunicorn_hub_hosts") == 1, "the host")
            return hub.read()
        finally:
            hub.end()


@pytest.fixture
def forwarding(start_gunicorn, start_redis, environment, tmp_path) -> Iterator[Forwarding]:
    made = Forwarding(start_gunicorn, start_redis(), environment, tmp_path)
    yield made
    made.end()


def counters(exposition: Exposition) -> dict[tuple[str, str], float]:
    """Returns what the workers counted, and their exits."""
    return {
        (name, str(sorted(labels.items()))): value for name, labels, value in exposition.samples
        if name.endswith(("_total", "_count", "_sum", "_bucket")) and not name.startswith(OF_OTHERS)
    }


def everyone(server: LiveGunicorn) -> list[int]:
    return [server.pid, *server.children()]


def signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, number)


def test_what_is_counted_while_everyone_stops_at_once_is_forwarded(forwarding, dump):
    server = forwarding.server
    signal_all(everyone(server), signal.SIGTERM)
    # It still serves. Its line that it waits is in the log when the master, which passes it on, has shut down.
    for _ in range(10):
        assert server.scrape().value("gunicorn_up") == 1
        time.sleep(0.1)
    forwarding.finish_request()
    assert server.process.wait(60) == 0
    assert WAITING in server.log
    assert forwarding.statuses == [200]

    stored, forwarded = counters(dump()), counters(forwarding.forwarded())
    assert stored[REQUESTS, "[('worker_id', 'worker_1')]"] + stored[REQUESTS, "[('worker_id', 'worker_2')]"] == 2
    assert {key: forwarded.get(key) for key in stored} == stored


def test_a_second_sigterm_ends_the_exporter_after_a_last_snapshot_and_the_master_starts_the_next(forwarding):
    server = forwarding.server
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGTERM)
    wait_for(lambda: WAITING in server.log, "the exporter's word that it waits")
    assert server.exporters() == [exporter]
    assert server.scrape().total(REQUESTS) >= 1
    os.kill(exporter, signal.SIGTERM)
    wait_for(lambda: server.exporters() not in ([], [exporter]), "the next exporter")
    assert "Metrics exporter exited with status 0; next start in 1 s" in server.log
    assert forwarding.forwarded().total(REQUESTS) == 1


def test_an_exporter_that_waits_ends_with_a_master_that_is_killed(forwarding):
    server = forwarding.server
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGTERM)
    wait_for(lambda: WAITING in server.log, "the exporter's word that it waits")
    server.signal(signal.SIGKILL)
    server.process.wait()
    wait_for(lambda: not Path(f"/proc/{exporter}").exists(), "the end of the exporter")
    assert forwarding.forwarded().total(REQUESTS) == 1


def test_two_masters_of_an_upgrade_that_stop_at_once_lose_nothing(forwarding, dump):
    server = forwarding.server
    server.signal(signal.SIGUSR2)
    wait_for(server.second_masters, "a second master")
    (second,) = server.second_masters()
    wait_for(lambda: server.scrape().total("gunicorn_worker_info") == 4, "four workers")
    below = Path(f"/proc/{second}/task/{second}/children").read_text().split()
    signal_all([*everyone(server), *map(int, below)], signal.SIGTERM)
    forwarding.finish_request()
    assert server.process.wait(60) == 0
    wait_for(lambda: not Path(f"/proc/{second}").exists(), "the end of the second master")
    stored, forwarded = dump(), forwarding.forwarded()
    assert forwarded.total(REQUESTS) == stored.total(REQUESTS) == 2


def test_a_reload_with_a_request_in_flight_keeps_the_exporter(forwarding):
    server = forwarding.server
    before = server.exporters()
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.scrape().value("gunicorn_worker_exits_total", reason="reload") >= 1, "the end of the idle worker")
    forwarding.finish_request()
    assert server.metrics(2).total(REQUESTS) == 2
    assert server.exporters() == before
    assert WAITING not in server.log

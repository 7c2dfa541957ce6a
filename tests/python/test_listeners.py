"""The accept queues of every kind of listener, known by construction, and the peaks that scrapes a minute apart must not miss."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import EXECUTABLE

import worker_classes
from exposition import Exposition
from listeners import SYSTEMD, stopped, waiting
from live_gunicorn import HOOKS, LiveGunicorn, free_port, wait_for

BACKLOG = "gunicorn_listener_backlog"
LIMIT = "gunicorn_listener_backlog_limit"
PEAK = "gunicorn_listener_backlog_peak"
OVERFLOWS = "gunicorn_host_listen_overflows_total"
DROPS = "gunicorn_host_listen_drops_total"

#: At least two of the exporter's ticks, which come once a second, on a busy machine later.
TICKS = 5

#: The exporter of another user, as the workers are, may not look into the master.
AS_NOBODY = ("--user", "nobody", "--group", "nogroup")

NO_EXPORTER = "def when_ready(server): pass\n"


def address_of(port: int) -> str:
    return f"127.0.0.1:{port}"


def running(server: LiveGunicorn, workers: int) -> bool:
    return server.scrape().by("gunicorn_worker_state", "state").get("running") == workers


def serve(start_gunicorn: Any, *options: str, workers: int = 1, **named: Any) -> LiveGunicorn:
    server: LiveGunicorn = start_gunicorn("-w", str(workers), *options, **named)
    server.wait_until_served()
    wait_for(lambda: running(server, workers), "the workers")
    return server


def queues(server: LiveGunicorn) -> dict[str, float]:
    return server.scrape().by(BACKLOG, "listener")


@pytest.mark.parametrize("count", [10, 500])
def test_a_backlog_shows_at_once_and_its_peak_to_every_scraper_after_it_is_gone(start_gunicorn: Any, count: int) -> None:
    server = serve(start_gunicorn, "--backlog", "600")
    listener = address_of(server.port)
    with stopped(server), waiting(server.port, count):
        # No scrape sees it: only the exporter's own tick does.
        time.sleep(TICKS)
    wait_for(lambda: queues(server) == {listener: 0}, "an empty queue")
    for _ in range(2):
        metrics = server.scrape()
        assert metrics.by(PEAK, "listener") == {listener: count}
        assert metrics.by(BACKLOG, "listener") == {listener: 0}
    with stopped(server), waiting(server.port, count):
        assert queues(server) == {listener: count}


def test_the_most_requests_in_flight_show_after_they_are_answered(start_gunicorn: Any, tmp_path: Path) -> None:
    server = serve(start_gunicorn, "--threads", "4", conf=HOOKS + "worker_class = 'gthread'\n")
    release = tmp_path / "release"
    path = str(release).encode()
    request = b"POST /until HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(path), path)
    connections = [server.connect(request) for _ in range(3)]
    wait_for(lambda: server.scrape().total("gunicorn_worker_requests_in_flight") == 3, "three requests in flight")
    time.sleep(TICKS)
    release.touch()
    for connection in connections:
        connection.close()
    wait_for(lambda: server.scrape().total("gunicorn_worker_requests_in_flight") == 0, "no request in flight")
    assert server.scrape().value("gunicorn_requests_in_flight_peak") == 3


def test_each_of_several_listeners_has_its_own_queue(start_gunicorn: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "gunicorn.sock")
    other = free_port()
    server = serve(start_gunicorn, "-b", f"unix:{path}", "-b", address_of(other), "--backlog", "77")
    listeners = [address_of(server.port), f"unix:{path}", address_of(other)]
    with stopped(server), waiting(server.port, 1), waiting(path, 5), waiting(other, 3):
        assert queues(server) == dict(zip(listeners, (1, 5, 3)))
    assert server.scrape().by(LIMIT, "listener") == dict.fromkeys(listeners, 77)


def test_a_server_of_unix_sockets_has_no_counters_of_tcp(start_gunicorn: Any, tmp_path: Path) -> None:
    path = str(tmp_path / "gunicorn.sock")

    class OnlyUnix(LiveGunicorn):
        def wait_until_ready(self) -> None:
            wait_for(lambda: os.path.exists(path), "the socket")

    # The last argument, where others have the application, replaces the address of the command line.
    launcher = [sys.executable, "-c", "import os, sys; a = sys.argv[1:]; a[a.index('-b') + 1] = a.pop(); os.execvp(a[0], a)"]
    server = start_gunicorn("-w", "1", kind=OnlyUnix, launcher=launcher, app=f"unix:{path}", conf=HOOKS + "wsgi_app = 'app:app'\n")
    server.wait_until_served()
    wait_for(lambda: queues(server) == {f"unix:{path}": 0}, "the queue")
    assert not server.scrape().has(OVERFLOWS)


@pytest.mark.parametrize("options", [(), AS_NOBODY], ids=["own user", "other user"])
def test_with_reuse_port_the_queues_of_all_workers_are_one(
        start_gunicorn: Any, public_directory: Path, options: tuple[str, ...]) -> None:
    server = serve(start_gunicorn, "--reuse-port", "--backlog", "33", *options, workers=2,
                   variables={"PROMETHEUS_MULTIPROC_DIR": str(public_directory / "store")})
    listener = address_of(server.port)
    sockets = len(set(listening_sockets(server.port)))
    with stopped(server), waiting(server.port, 20):
        metrics = server.scrape()
        assert metrics.by(BACKLOG, "listener") == {listener: 20}
        # One socket of the master before Gunicorn 24, one of each worker since.
        assert metrics.by(LIMIT, "listener") == {listener: 33 * sockets}
    victim, other = server.workers()
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len({*server.workers()} - {victim, other}) == 1 and running(server, 2), "the next worker")
    with stopped(server), waiting(server.port, 20):
        assert queues(server) == {listener: 20}


@pytest.mark.parametrize("options", [(), AS_NOBODY], ids=["own user", "other user"])
def test_a_reload_with_another_address_shows_its_queue(
        start_gunicorn: Any, public_directory: Path, options: tuple[str, ...]) -> None:
    after = free_port()
    # Gunicorn parses the command line again when it reloads, and the file only after it.
    conf = HOOKS + f"import sys\nsys.argv[sys.argv.index('-b') + 1] = '{address_of(after)}'\n"
    server = serve(start_gunicorn, *options, conf=conf, variables={"PROMETHEUS_MULTIPROC_DIR": str(public_directory / "store")})
    assert queues(server) == {address_of(server.port): 0}
    earlier = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: not {*earlier} & {*server.workers()} and queues(server) == {address_of(after): 0}, "the new listener")
    with stopped(server), waiting(after, 7):
        time.sleep(TICKS)
        assert queues(server) == {address_of(after): 7}
    assert server.scrape().value(PEAK, listener=address_of(after)) == 7


@pytest.mark.parametrize("options", [(), AS_NOBODY], ids=["own user", "other user"])
def test_sockets_of_systemd_have_queues(start_gunicorn: Any, public_directory: Path, options: tuple[str, ...]) -> None:
    ports = free_port(), free_port()

    class Activated(LiveGunicorn):
        def wait_until_ready(self) -> None:
            wait_for(lambda: "Booting worker" in self.log, "a worker")

    server = serve(start_gunicorn, "--backlog", "44", *options, kind=Activated,
                   launcher=[sys.executable, "-c", SYSTEMD, *map(str, ports), "--"],
                   variables={"PROMETHEUS_MULTIPROC_DIR": str(public_directory / "store")})
    with stopped(server), waiting(ports[0], 2), waiting(ports[1], 6):
        metrics = server.scrape()
        assert metrics.by(BACKLOG, "listener") == {address_of(ports[0]): 2, address_of(ports[1]): 6}
        assert metrics.by(LIMIT, "listener") == {address_of(ports[0]): 44, address_of(ports[1]): 44}


@pytest.mark.parametrize("name", list(worker_classes.STOCK))
def test_an_exporter_on_its_own_needs_no_addresses(
        start_worker: Any, environment: dict[str, str], public_directory: Path, name: str) -> None:
    store = str(public_directory / "store")
    port = free_port()
    server = start_worker(name, *AS_NOBODY, conf=NO_EXPORTER, metrics_port=port, variables={"PROMETHEUS_MULTIPROC_DIR": store})
    exporter = subprocess.Popen(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(EXECUTABLE), "serve"],
        env={**environment, "PROMETHEUS_MULTIPROC_DIR": store, "PROMETHEUS_METRICS_PORT": str(port)})
    try:
        server.wait_until_served()
        wait_for(lambda: queues(server) == {address_of(server.port): 0}, "a worker that accepts")
        with stopped(server), waiting(server.port, 4):
            assert queues(server) == {address_of(server.port): 4}
    finally:
        exporter.terminate()
        exporter.wait()


def test_connections_that_a_full_queue_refuses_are_counted(start_gunicorn: Any) -> None:
    server = serve(start_gunicorn, "--backlog", "1")
    before = server.scrape()
    # The kernel takes one connection more than the limit.
    with stopped(server), waiting(server.port, 2), socket.socket() as refused:
        refused.setblocking(False)
        assert refused.connect_ex(("127.0.0.1", server.port)) != 0
        wait_for(lambda: gained(server.scrape(), before, OVERFLOWS) >= 1, "the refused connection")
    # Of the whole host, where other tests have full queues too.
    after = server.scrape()
    assert gained(after, before, DROPS) >= gained(after, before, OVERFLOWS)


def gained(after: Exposition, before: Exposition, name: str) -> float:
    return after.value(name) - before.value(name)


def listening_sockets(port: int) -> list[str]:
    """Returns the inodes of the sockets that listen on a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"]

"""WebSockets, with every worker class that speaks the protocol: opened = open + closed + lost, also after a kill."""

import os
import signal
import socket
from typing import Optional

import pytest

from exposition import Exposition
from live_gunicorn import HOOKS, LiveGunicorn, free_port, wait_for
from test_asgi import CLOSE, HANDSHAKE, HELLO
from worker_classes import ASGI, WorkerClass

FAMILY = "gunicorn_websocket_"

#: A class that a library makes of Gunicorn's gevent_pywsgi.
GEVENT = WorkerClass("geventwebsocket.gunicorn.workers.GeventWebSocketWorker", "geventwebsocket", "websocket_app:app", package="gevent")
SPEAKING = {**ASGI, "gevent": GEVENT}

#: A close frame with the code 4321, masked with zeroes.
CLOSE_4321 = b"\x88\x82\0\0\0\0\x10\xe1"


@pytest.fixture
def start(start_worker, start_gunicorn, need):
    def start(name: str, *options: str, **named: str) -> LiveGunicorn:
        if name in ASGI:
            server = start_worker(name, "--graceful-timeout", "3", *options, **named)
        else:
            need(GEVENT.module)
            server = start_gunicorn(*options, conf=HOOKS + GEVENT.conf, app=GEVENT.app)
        server.wait_until_served()
        return server

    return start


def opened(server: LiveGunicorn, path: bytes, port: Optional[int] = None):
    """Opens a WebSocket and sends a message, which the application answers."""
    connection = socket.create_connection(("127.0.0.1", port or server.port), 30)
    connection.sendall(HANDSHAKE % path)
    answer = read_until(connection, b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 101"), answer
    connection.sendall(HELLO)
    read_until(connection, b"\x81\x0ahello, too")
    return connection


def read_until(connection: socket.socket, end: bytes) -> bytes:
    answer = b""
    while end not in answer:
        part = connection.recv(65536)
        assert part, f"the connection was closed after {answer!r}"
        answer += part
    return answer


def values(metrics: Exposition, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """Returns the samples of a family that are not 0, by these labels."""
    return {
        tuple(given[label] for label in labels): value for sample, given, value in metrics.samples if sample == FAMILY + name and value
    }


def settled(server: LiveGunicorn, name: str, count: float) -> Exposition:
    wait_for(lambda: server.metrics().total(FAMILY + name) == count, f"{count} in {name}; the log is:\n{server.log}")
    return server.metrics()


@pytest.mark.parametrize("name", SPEAKING)
def test_a_websocket_is_open_until_it_is_closed(start, name):
    server = start(name)
    with opened(server, b"/talk") as connection:
        settled(server, "messages_total", 2)
        metrics = settled(server, "open", 1)
        assert values(metrics, "opened_total", "endpoint") == {("/talk",): 1}
        assert values(metrics, "open", "worker_id", "endpoint") == {("worker_1", "/talk"): 1}
        assert values(metrics, "messages_total", "endpoint", "direction") == {("/talk", "received"): 1, ("/talk", "sent"): 1}
        assert values(metrics, "bytes_total", "endpoint", "direction") == {("/talk", "received"): 5, ("/talk", "sent"): 10}
        assert metrics.value("gunicorn_worker_requests_in_flight") == 0
        connection.sendall(CLOSE_4321)
        metrics = settled(server, "closed_total", 1)
    assert values(metrics, "closed_total", "endpoint", "code") == {("/talk", "4xxx"): 1}
    assert values(metrics, "duration_seconds_count", "endpoint") == {("/talk",): 1}
    assert not values(metrics, "open", "endpoint") and not values(metrics, "lost_total", "endpoint")
    assert not metrics.by("gunicorn_http_requests_total", "endpoint")


@pytest.mark.parametrize("name", SPEAKING)
def test_a_websocket_that_the_client_abandons_is_closed_without_a_code(start, name):
    server = start(name)
    opened(server, b"/talk").close()
    metrics = settled(server, "closed_total", 1)
    ((_, code),) = values(metrics, "closed_total", "endpoint", "code")
    assert code == "1006"


@pytest.mark.parametrize("name", SPEAKING)
def test_the_websockets_of_a_killed_worker_are_lost(start, name):
    server = start(name)
    connections = [opened(server, b"/talk") for _ in range(3)]
    connections.pop().sendall(CLOSE_4321)
    settled(server, "closed_total", 1)
    (pid,) = server.workers()
    os.kill(pid, signal.SIGKILL)
    metrics = settled(server, "lost_total", 2)
    assert metrics.total(FAMILY + "open") == 0
    wait_for(lambda: server.workers() not in ([], [pid]), "a new worker")
    with opened(server, b"/talk"):
        metrics = settled(server, "open", 1)
        counts = [metrics.total(FAMILY + family) for family in ("opened_total", "open", "closed_total", "lost_total")]
        assert counts == [4, 1, 1, 2]
    settled(server, "closed_total", 2)
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("name", SPEAKING)
def test_the_websockets_of_a_stopped_worker_are_closed_or_lost(start, name):
    server = start(name, "--graceful-timeout", "1")
    connections = [opened(server, b"/talk") for _ in range(2)]
    (pid,) = server.workers()
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: server.workers() not in ([], [pid]), "a new worker")

    def ended() -> bool:
        metrics = server.metrics()
        return [metrics.total(FAMILY + family) for family in ("opened_total", "open")] == [2, 0] and sum(
            metrics.total(FAMILY + family) for family in ("closed_total", "lost_total")) == 2

    wait_for(ended, f"two closed or lost WebSockets; the log is:\n{server.log}")
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("name", ASGI)
def test_a_rejected_handshake_opens_nothing(start, name):
    server = start(name)
    with server.connect(HANDSHAKE % b"/denied") as connection:
        assert connection.recv(65536)
    metrics = settled(server, "rejected_total", 1)
    assert values(metrics, "rejected_total", "endpoint", "status_code") == {("__unmatched__", "403"): 1}
    assert not values(metrics, "opened_total", "endpoint") and not values(metrics, "closed_total", "endpoint")


@pytest.mark.parametrize("name", ASGI)
def test_the_code_of_the_application_counts_and_so_does_its_exception(start, name):
    server = start(name)
    for path in (b"/bye", b"/raise"):
        opened(server, path).close()
    metrics = settled(server, "closed_total", 2)
    assert values(metrics, "closed_total", "endpoint", "code") == {("/bye", "1001"): 1, ("/raise", "1011"): 1}


def test_the_endpoint_is_the_route_of_starlette(start, need):
    need("starlette")
    server = start("uvicorn", app="websocket_app:routed")
    for room in (b"1", b"2"):
        opened(server, b"/rooms/" + room).close()
    with server.connect(HANDSHAKE % b"/nowhere/1") as connection:
        assert connection.recv(65536)
    settled(server, "closed_total", 2)
    metrics = settled(server, "rejected_total", 1)
    assert values(metrics, "opened_total", "endpoint") == {("/rooms/{room}",): 2}
    assert values(metrics, "rejected_total", "endpoint", "status_code") == {("__unmatched__", "403"): 1}


def test_a_server_that_the_application_runs_in_its_worker_works_and_is_not_recorded(start):
    server = start("gevent")
    port = free_port()
    assert server.get(f"/serve/{port}") == 200
    with opened(server, b"/talk", port) as connection:
        connection.sendall(CLOSE_4321)
        while connection.recv(65536):
            pass
    with opened(server, b"/talk") as connection:
        settled(server, "opened_total", 1)
        metrics = settled(server, "messages_total", 2)
    assert values(metrics, "messages_total", "direction") == {("received",): 1, ("sent",): 1}
    assert "are not recorded" not in server.log and "Traceback" not in server.log, server.log

"""ASGI only: work after a response, errors after a response, and websockets."""

import contextlib
import select
import socket
import time
from collections import Counter
from types import SimpleNamespace

import pytest

from live_gunicorn import wait_for
from worker_classes import ASGI

HANDSHAKE = (b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")

#: A text frame with "hello", masked with zeroes, and a close frame.
HELLO = b"\x81\x85\0\0\0\0hello"
CLOSE = b"\x88\x80\0\0\0\0"


@pytest.fixture(params=ASGI)
def server(request, start_worker):
    return start_worker(request.param)


def test_an_application_that_does_not_answer_is_a_500_without_an_exception(server, dump):
    assert server.get("/silent") == 500
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


def test_a_client_that_never_stops_sending_does_not_keep_a_request_without_an_answer(server, dump):
    server.wait_until_ready()
    start = b"POST /silent HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with server.connect(start) as connection:
        end, answer, chunks = time.monotonic() + 60, b"", b"1\r\nx\r\n" * 20
        with contextlib.suppress(ConnectionError):
            while not answer and time.monotonic() < end:
                readable, writable, _ = select.select([connection], [connection], [], 1)
                if readable:
                    answer = connection.recv(65536)
                    if not answer:
                        break
                elif writable:
                    # As much as there is room for, but no more than the worker can read on a busy machine.
                    connection.send(chunks, socket.MSG_DONTWAIT)
                    time.sleep(0.01)
        # A server that closes before it has read everything may reset the connection.
        assert answer.startswith(b"HTTP/1.1 500") or time.monotonic() < end
    # Some versions read what follows as another request.
    assert dump(requests=1).by("gunicorn_http_requests_total", "status_code")["500"] == 1


def test_an_application_that_answers_a_failure_and_then_raises_has_failed_once(server, dump):
    assert server.get("/answer-and-crash") == 500
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": 1}


def test_what_follows_an_answer_is_no_part_of_the_request(server, dump):
    assert server.get("/background") == 200
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


def test_a_request_is_in_flight_until_its_answer_is_complete(server):
    server.metrics()
    server.send_and_leave(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert server.metrics(requests=1).value("gunicorn_worker_requests_in_flight") == 0


def test_a_websocket_works_and_is_no_request(server):
    server.wait_until_served()
    with server.connect(HANDSHAKE % b"/talk") as connection:
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        connection.sendall(HELLO)
        assert connection.recv(65536) == b"\x81\x0ahello, too"
        assert server.metrics().value("gunicorn_worker_requests_in_flight") == 0
        connection.sendall(CLOSE)
        assert connection.recv(65536).startswith(b"\x88")
    with server.connect(HANDSHAKE % b"/denied") as connection:
        # Uvicorn responds with 403, Gunicorn with a close frame.
        assert connection.recv(65536)
    assert server.get("/") == 200
    metrics = server.metrics(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


def test_the_version_of_an_application_is_found_without_what_python_deprecates(monkeypatch):
    from gunicorn_prometheus_exporter.asgi import _is_asgi3

    def deprecated(function):
        raise DeprecationWarning("'asyncio.iscoroutinefunction' is deprecated; use inspect.iscoroutinefunction() instead")

    class Application:
        async def __call__(self, scope, receive, send):
            """ASGI 3."""

    async def asgi3(scope, receive, send):
        """ASGI 3."""

    def asgi2(scope):
        """ASGI 2."""

    monkeypatch.setattr("asyncio.iscoroutinefunction", deprecated)
    worker = SimpleNamespace(config=SimpleNamespace(interface="auto"))
    assert [_is_asgi3(worker, application) for application in (asgi3, Application(), asgi2)] == [True, True, False]


def test_requests_that_uvicorn_rejects_under_its_own_limit_are_counted(start_worker, dump, tmp_path):
    conf = "from uvicorn.workers import UvicornWorker\nUvicornWorker.CONFIG_KWARGS['limit_concurrency'] = 2\n"
    server = start_worker("uvicorn", conf=conf)
    release = str(tmp_path / "release").encode()
    slow = b"POST /until HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(release), release)
    connections = [server.connect(slow) for _ in range(4)]
    wait_for(lambda: len(select.select(connections, [], [], 1)[0]) >= 3, "the rejection of three requests")
    (tmp_path / "release").touch()
    answers = Counter(connection.recv(65536)[9:12].decode() for connection in connections)
    for connection in connections:
        connection.close()
    # The connection of the test that waited for the server may count too, then there are 4.
    assert answers.total() == 4 and answers["503"] >= 3
    metrics = dump(requests=4)
    counted = {
        (labels["method"], labels["endpoint"], labels["status_code"]): value
        for name, labels, value in metrics.samples if name == "gunicorn_http_requests_total"
    }
    assert counted == {("POST", "/until", status): count for status, count in answers.items()}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}

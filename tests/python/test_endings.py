"""Requests that fail are counted once, whether the client or the server failed, in every worker class."""

import os
import socket

import pytest

from app import HUGE_FILE_SIZE
from live_gunicorn import wait_for
from worker_classes import STOCK, WSGI

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"

UNPARSABLE = {
    "a request line of one word": b"nonsense\r\n\r\n",
    "a header without a colon": GET % (b"/", b"nonsense\r\n"),
    "a header that is too long": GET % (b"/", b"X-Long: %s\r\n" % (b"x" * 300)),
    "a coding that nobody knows": GET % (b"/", b"Transfer-Encoding: nonsense\r\n"),
    "a length that is no number": GET % (b"/", b"Content-Length: nonsense\r\n"),
}

#: Incomplete requests, after which the client disconnects.
PARTS = (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: local")

#: The error for an application that never calls start_response, where the server raises another one than Gunicorn.
WITHOUT_START_RESPONSE = {"gevent_pywsgi": "AssertionError", "tornado": "Exception"}

#: The classes with which Gunicorn sends files by sendfile.
SENDING_FILES = [name for name, stock in STOCK.items() if stock.is_gunicorns]


@pytest.mark.parametrize("name", STOCK)
def test_a_request_that_cannot_be_parsed_is_counted_with_the_status_that_was_sent(start_worker, dump, name):
    server = start_worker(name, "--limit-request-field_size", "100")
    answered: dict[str, int] = {}
    for what, request in UNPARSABLE.items():
        answer = server.send(request)
        assert answer.startswith(b"HTTP/1."), what
        status = answer[9:12].decode()
        answered[status] = answered.get(status, 0) + 1
        # Servers differ in which requests they reject.
        assert dump(requests=sum(answered.values())).by("gunicorn_http_requests_total", "status_code") == answered, what
    metrics = dump()
    assert metrics.value("gunicorn_http_requests_total", endpoint="__invalid__", method="__other__", status_code="400") >= 2
    errors = metrics.by("gunicorn_worker_error_handling_total", "endpoint")
    assert errors["__invalid__"] == metrics.value("gunicorn_http_requests_total", endpoint="__invalid__")
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0


@pytest.mark.parametrize("name", STOCK)
def test_a_connection_without_a_request_is_not_counted(start_worker, dump, name):
    server = start_worker(name)
    # gevent's own server treats the incomplete data as a whole request and responds.
    for part in PARTS[:1] if name == "gevent_pywsgi" else PARTS:
        server.send_and_leave(part)
    assert server.get("/") == 200
    assert dump(requests=1).by("gunicorn_http_requests_total", "status_code") == {"200": 1}


@pytest.mark.parametrize("name", STOCK)
def test_a_client_that_leaves_is_counted_once_and_is_no_error(start_worker, dump, name):
    server = start_worker(name)
    server.send_and_leave(GET % (b"/big", b""))
    server.send_and_leave(GET % (b"/stream", b""))
    assert server.get("/") == 200
    metrics = dump(requests=3)
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/": 1, "/big": 1, "/stream": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


@pytest.mark.parametrize("name", SENDING_FILES)
def test_a_file_that_its_client_does_not_wait_for_counts_with_the_bytes_that_the_kernel_took(start_worker, dump, name):
    server = start_worker(name)
    received = 0
    with server.connect(b"GET /huge-file HTTP/1.0\r\n\r\n") as connection:
        while received < 300_000:
            received += len(connection.recv(65536))
        # Closing the connection with unread data then resets it.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert received - 1000 < metrics.value("gunicorn_worker_response_size_bytes_sum") < HUGE_FILE_SIZE
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


@pytest.mark.parametrize("name", STOCK)
def test_an_application_that_ends_its_worker_has_failed_once(start_worker, name):
    server = start_worker(name)
    server.wait_until_served()
    # Some classes respond and continue, others exit, and one never responds to its client.
    with server.connect(GET % (b"/exit", b"")):
        metrics = server.metrics(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"SystemExit": 1}
    wait_for(lambda: server.get("/") == 200, "the next answer")
    assert server.metrics(requests=2).value("gunicorn_http_requests_total", endpoint="/exit") == 1


#: In the other classes a waiting request does not block the worker, so it never times out.
@pytest.mark.parametrize("name", ["sync", "tornado", "uvicorn", "asgi"])
def test_a_request_that_takes_too_long_is_counted_or_lost_and_never_both(start_worker, name):
    server = start_worker(name, "--timeout", "4")
    # Gunicorn's timeout starts with a worker's first heartbeat.
    wait_for(lambda: server.metrics().total("gunicorn_worker_uptime_seconds") > 4, "a worker that is some seconds old")
    (pid,) = server.workers()
    # Up to Gunicorn 21 the connection is closed without a response, later with one.
    assert server.get("/hang") in (0, 500)
    wait_for(lambda: server.workers() not in ([], [pid]), "the replacement")

    def accounted() -> float:
        metrics = server.metrics()
        return metrics.total("gunicorn_worker_requests_total") + metrics.total("gunicorn_worker_requests_lost_total")

    wait_for(lambda: accounted() >= 1, "the account of the request")
    assert server.get("/") == 200
    wait_for(lambda: accounted() >= 2, "the count of the next request")
    assert accounted() == 2
    assert server.metrics().by("gunicorn_worker_exits_total", "reason")["timeout"] == 1
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.parametrize("path", ["/mute", "/mute-empty"])
@pytest.mark.parametrize("name", WSGI)
def test_a_response_without_start_response_is_an_error_in_every_worker_class(start_worker, dump, name, path):
    server = start_worker(name)
    server.send(GET % (path.encode(), b""))
    # Gunicorn itself raises an exception where it could keep the connection. Other servers keep the client waiting.
    server.send(GET % (path.encode(), b"")) if name in WITHOUT_START_RESPONSE else server.get(path)
    metrics = dump(requests=2)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 2}
    errors = metrics.by("gunicorn_worker_error_handling_total", "error_type")
    assert errors == {WITHOUT_START_RESPONSE.get(name, "AttributeError"): 2}

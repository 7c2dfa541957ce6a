"""What only recent versions of Gunicorn offer: each request is counted once, with the status that the client received."""

import functools
import shutil
import socket
import struct
import subprocess

import pytest

from live_gunicorn import PYTHON, wait_for

ASGI = "newest_app:asgi"
WSGI = "newest_app:app"

#: The worker classes that Gunicorn itself implements, and the application for each.
CLASSES = {"sync": WSGI, "gthread": WSGI, "gevent": WSGI, "asgi": ASGI}

#: The classes that support HTTP/2.
SPEAKERS = ("gthread", "gevent", "asgi")

BAD_REQUEST = 400


@functools.lru_cache(None)
def settings() -> frozenset[str]:
    """Returns the names of the settings of the Gunicorn under test."""
    code = "import gunicorn.config; print(*gunicorn.config.make_settings())"
    return frozenset(subprocess.run([*PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def need_setting(name: str) -> None:
    if name not in settings():
        pytest.skip(f"this Gunicorn has no setting {name}: IT IS NOT TESTED")


def statuses(metrics) -> dict[tuple[str, str], float]:
    return {(labels["endpoint"], labels["status_code"]): value for name, labels, value in metrics.samples
            if name == "gunicorn_http_requests_total"}


def uwsgi(path: str, body: bytes = b"", **variables: str) -> bytes:
    """Returns a request of the uwsgi protocol, as nginx sends it."""
    variables = {
        "REQUEST_METHOD": "POST" if body else "GET", "PATH_INFO": path, "REQUEST_URI": path, "QUERY_STRING": "",
        "SERVER_PROTOCOL": "HTTP/1.1", "CONTENT_LENGTH": str(len(body)) if body else "", "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "localhost", "SERVER_PORT": "80", **variables}
    block = b"".join(
        struct.pack("<H", len(part)) + part for item in variables.items() for part in (text.encode() for text in item))
    return struct.pack("<BHB", 0, len(block), 0) + block + body


@pytest.mark.parametrize("name", CLASSES)
def test_requests_of_the_uwsgi_protocol_are_counted(start_worker, dump, name):
    need_setting("uwsgi_allow_ips")
    server = start_worker(name, "--protocol", "uwsgi", app=CLASSES[name])
    assert server.send(uwsgi("/body", b"12345", HTTP_CONNECTION="close")).endswith(b"12345")
    assert b" 200 " in server.send(uwsgi("/items/7", HTTP_CONNECTION="close"))
    # Neither a connection without a request nor half of one is a request.
    for start in (b"", uwsgi("/")[:3], uwsgi("/")[:20]):
        server.send_and_leave(start)
    metrics = dump(requests=2)
    assert statuses(metrics) == {("/body", "200"): 1, ("/items/{id}", "200"): 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}
    assert metrics.value("gunicorn_worker_request_size_bytes_sum") == 5
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0


@pytest.mark.parametrize("mechanism", ["prior-knowledge", "upgrade"])
@pytest.mark.parametrize("name", SPEAKERS)
def test_streams_of_cleartext_http_2_are_counted(start_worker, dump, name, mechanism):
    need_setting("http2_cleartext")
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: CLEARTEXT HTTP/2 IS NOT TESTED")
    server = start_worker(
        name, "--http-protocols", "h2,h1", "--http2-cleartext", mechanism, app=CLASSES[name], needs=("h2",))
    option = "--http2-prior-knowledge" if mechanism == "prior-knowledge" else "--http2"
    command = ["curl", "--silent", option, "--max-time", "30", "--write-out", " %{http_version} %{response_code}\n"]
    paths = ("/items/1", "/items/2", "/other")
    for path in paths:
        done = subprocess.run([*command, f"http://127.0.0.1:{server.port}{path}"], capture_output=True, text=True, check=False)
        assert done.stdout == "127.0.0.1 2 200\n", done
    metrics = dump(requests=3)
    assert statuses(metrics) == {("/items/{id}", "200"): 2, ("/other", "200"): 1}
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == 3 * len("127.0.0.1")
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0


@pytest.mark.parametrize("name", CLASSES)
def test_early_hints_are_not_responses(start_worker, dump, name):
    need_setting("http2_max_concurrent_streams")
    server = start_worker(name, app=CLASSES[name], variables={"GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE": "true"})
    answer = server.send(b"GET /hints HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 103 ") == 2 and answer.count(b"HTTP/1.1 200 ") == 1
    metrics = dump(requests=1)
    assert statuses(metrics) == {("/hints", "200"): 1}
    assert metrics.value("gunicorn_http_time_to_first_byte_seconds_count") == 1
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == len("127.0.0.1")


@pytest.mark.parametrize("name", CLASSES)
def test_requests_of_the_fast_parser_are_counted(start_worker, dump, name):
    need_setting("http_parser")
    server = start_worker(name, "--http-parser", "fast", app=CLASSES[name], needs=("gunicorn_h1c",))
    assert server.request("POST", "/body", "12345") == (200, "12345")
    assert server.get("/items/9") == 200
    assert server.send(b"nonsense\r\n\r\n").split()[1:2] == [b"400"]
    metrics = dump(requests=3)
    assert statuses(metrics) == {("/body", "200"): 1, ("/items/{id}", "200"): 1, ("__invalid__", "400"): 1}
    assert metrics.value("gunicorn_worker_request_size_bytes_sum") == 5


def proxied(address: str, length: int = 12) -> bytes:
    """Returns a header of the PROXY protocol, version 2, for a connection of TCP over IPv4."""
    addresses = socket.inet_aton(address) + socket.inet_aton("127.0.0.1") + struct.pack("!HH", 40_000, 80)
    return b"\r\n\r\n\x00\r\nQUIT\n" + struct.pack("!BBH", 0x21, 0x11, length) + addresses


@pytest.mark.parametrize("name", CLASSES)
def test_connections_of_the_proxy_protocol_are_counted(start_worker, dump, name):
    if "uwsgi_allow_ips" not in settings():
        pytest.skip("this Gunicorn has no version 2 of the PROXY protocol: IT IS NOT TESTED")
    server = start_worker(name, "--proxy-protocol", "v2", app=CLASSES[name])
    request = b"GET /items/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert server.send(proxied("192.0.2.7") + request).endswith(b"192.0.2.7")
    assert b" 200 " not in server.send(proxied("192.0.2.7", length=3) + request)
    metrics = dump(requests=2)
    (invalid,) = {key for key in statuses(metrics) if key[0] != "/items/{id}"}
    assert statuses(metrics) == {("/items/{id}", "200"): 1, invalid: 1} and invalid[0] == "__invalid__"


@pytest.mark.parametrize("path, grace, expected", [
    # The application answers, though the client left.
    ("/leave", 30, ("/leave", "200")),
    # Gunicorn cancels the application.
    ("/leave", 0, ("__unmatched__", "499")),
    ("/leave-quietly", 30, ("__unmatched__", "499")),
])
def test_a_request_whose_client_leaves_is_counted_once_after_the_period_of_grace(start_worker, dump, path, grace, expected):
    need_setting("asgi_disconnect_grace_period")
    if path == "/leave-quietly" and "http2_cleartext" not in settings():
        pytest.skip("Gunicorn 25 also reports clients that stay as gone: IT IS NOT TESTED")
    server = start_worker("asgi", "--asgi-disconnect-grace-period", str(grace), app=ASGI)
    with server.connect(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()):
        wait_for(lambda: "received" in server.log, "the request")
    metrics = dump(requests=1)
    assert statuses(metrics) == {expected: 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0

"""Each stream of an HTTP/2 connection is a request."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Iterator

import pytest

#: The classes that support HTTP/2.
SPEAKERS = ("gthread", "gevent", "asgi")

CURL = ["curl", "--silent", "--insecure", "--http2", "--max-time", "30"]

#: The expected status and body size of each path.
OUTCOMES = {"/": (200, 1), "/missing": (404, 8), "/stream": (200, 12), "/crash": (500, None)}


@pytest.fixture
def certificate(tmp_path: Path) -> list[str]:
    """Returns Gunicorn's options for a certificate, which HTTP/2 requires."""
    for tool in ("openssl", "curl"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: HTTP/2 IS NOT TESTED")
    certificate, key = str(tmp_path / "certificate.pem"), str(tmp_path / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return ["--certfile", certificate, "--keyfile", key]


@pytest.fixture
def start(start_worker, certificate):
    """Starts a Gunicorn with HTTP/2."""

    def start_http2(name: str, *needs: str, **named: object):
        needs = ("gunicorn.http2.connection", "h2", *needs)
        return start_worker(name, *certificate, "--http-protocols", "h2,h1", needs=needs, **named)

    return start_http2


def fetch(port: int, *paths: str) -> list[tuple[int, int]]:
    """Requests the paths over one connection. Returns the status and the body size of each response."""
    command = [*CURL, "--write-out", "%{http_version} %{response_code} %{size_download}\n"]
    for path in paths:
        command += ["--output", "/dev/null", f"https://127.0.0.1:{port}{path}"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    assert all(line.startswith("2 ") for line in lines), lines
    return [(int(status), int(size)) for _, status, size in map(str.split, lines)]


@pytest.mark.parametrize("name", SPEAKERS)
def test_each_stream_is_counted_once_with_status_and_size(start, dump, name):
    server = start(name)
    answers = dict(zip(OUTCOMES, fetch(server.port, *OUTCOMES), strict=True))
    assert {path: status for path, (status, _) in answers.items()} == {path: status for path, (status, _) in OUTCOMES.items()}
    metrics = dump(requests=len(OUTCOMES))
    counted = {labels["endpoint"]: (int(labels["status_code"]), value)
               for name, labels, value in metrics.samples if name == "gunicorn_http_requests_total"}
    assert counted == {"__unmatched__" if status == 404 else path: (status, 1) for path, (status, _) in OUTCOMES.items()}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": 1}
    sizes = sum(size for path, (_, size) in answers.items() if path != "/crash")
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == sizes == 21
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0


@contextlib.contextmanager
def reading(port: int, path: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Requests a path with a client whose output is the body. The client is killed at the end."""
    with subprocess.Popen([*CURL, "--no-buffer", f"https://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE) as client:
        yield client
        client.kill()


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_client_that_leaves_a_stream_is_counted_once_and_is_no_error(start, dump, name):
    server = start(name)
    with reading(server.port, "/big") as client:
        assert len(client.stdout.read(1000)) == 1000
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


@pytest.mark.parametrize("name", SPEAKERS)
def test_a_stream_that_has_begun_when_its_worker_dies_is_counted_with_its_status(start, name):
    server = start(name)
    server.wait_until_served()
    with reading(server.port, "/stall") as client:
        assert client.stdout.read(4) == b"part"
        os.kill(server.workers()[0], signal.SIGKILL)
    metrics = server.metrics(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert metrics.total("gunicorn_worker_requests_lost_total") == 1


def test_streams_are_counted_by_route(start, dump):
    server = start("gthread", "flask", app="frameworks.flask_app:app")
    assert [status for status, _ in fetch(server.port, "/users/1", "/users/2")] == [200, 200]
    assert dump(requests=2).by("gunicorn_http_requests_total", "endpoint") == {"/users/<int:number>": 2}

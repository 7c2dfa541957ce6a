"""A scanner requests many paths: the labels and the store stay bounded, and the real routes keep their series."""

import os
import random

from live_gunicorn import HOOKS, LiveGunicorn

REQUESTS = 50_000
BOUND = 50

#: What docs/metrics.md states for one worker with this bound, one method and one status.
STATED_SIZE = 1 << 20

APP = '''
def app(environ, start_response):
    path = environ["PATH_INFO"]
    is_there = path.startswith(("/any/", "/users/")) or path == "/things"
    start_response("200 OK" if is_there else "404 Not Found", [("Content-Length", "0")])
    return []
'''


def scan(server: LiveGunicorn, paths: "list[str]") -> None:
    """Requests each path on one connection. A response has no body."""
    with server.connect(b"") as connection, connection.makefile("rb") as answers:
        for path in paths:
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
            for line in iter(answers.readline, b"\r\n"):
                assert line, "the server closed the connection"


def random_paths(number: int, prefix: str = "/") -> "list[str]":
    letters = random.Random(number)
    return [prefix + "".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=12)) for _ in range(number)]


def start(start_gunicorn, tmp_path) -> LiveGunicorn:
    (tmp_path / "scanned.py").write_text(APP)
    server: LiveGunicorn = start_gunicorn(
        "-w", "1", "-k", "gthread", "--threads", "2", "--keep-alive", "30", "--chdir", str(tmp_path),
        conf=HOOKS, app="scanned:app", variables={"GUNICORN_EXPORTER_MAX_LABEL_VALUES": str(BOUND)},
    )
    return server


def test_a_scan_of_paths_that_do_not_exist_adds_one_value_and_no_overflow(start_gunicorn, tmp_path):
    server = start(start_gunicorn, tmp_path)
    paths = random_paths(20_000)
    for first in range(0, len(paths), 500):
        scan(server, paths[first : first + 500])
    scan(server, ["/users/42", "/things"])
    exposition = server.metrics(requests=len(paths) + 2)

    assert exposition.by("gunicorn_http_requests_total", "endpoint") == {"__unmatched__": len(paths), "/users/{id}": 1, "/things": 1}
    assert exposition.total("gunicorn_exporter_label_overflow_total") == 0
    assert exposition.total("gunicorn_exporter_dropped_total") == 0


def test_fifty_thousand_random_paths_add_no_more_than_the_bound(start_gunicorn, tmp_path):
    server = start(start_gunicorn, tmp_path)
    paths = random_paths(REQUESTS, prefix="/any/")
    for first in range(0, REQUESTS, 500):
        scan(server, paths[first : first + 500])
    exposition = server.metrics(requests=REQUESTS)

    assert len(exposition.by("gunicorn_http_requests_total", "endpoint")) == BOUND + 1
    assert exposition.total("gunicorn_http_requests_total") == REQUESTS
    assert exposition.value("gunicorn_exporter_label_overflow_total", label="endpoint") == REQUESTS - BOUND
    assert exposition.total("gunicorn_exporter_dropped_total") == 0
    assert sum(entry.stat().st_blocks * 512 for entry in os.scandir(tmp_path / "store")) < STATED_SIZE

"""A scanner requests many paths, and the labels and the store stay bounded."""

import http.client
import os
import random

from live_gunicorn import HOOKS, LiveGunicorn

REQUESTS = 50_000
BOUND = 50

#: What docs/metrics.md states for one worker with this bound, one method and one status.
STATED_SIZE = 1 << 20

APP = '''
def app(environ, start_response):
    start_response("404 Not Found", [("Content-Length", "0")])
    return []
'''


def scan(server: LiveGunicorn, paths: "list[str]") -> None:
    """Requests each path, with many requests on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for path in paths:
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()


def test_fifty_thousand_random_paths_add_no_more_than_the_bound(start_gunicorn, tmp_path):
    (tmp_path / "scanned.py").write_text(APP)
    server = start_gunicorn(
        "-w", "1", "-k", "gthread", "--threads", "2", "--chdir", str(tmp_path),
        conf=HOOKS, app="scanned:app", variables={"GUNICORN_EXPORTER_MAX_LABEL_VALUES": str(BOUND)},
    )
    letters = random.Random(50_000)
    paths = ["/" + "".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=12)) for _ in range(REQUESTS)]
    for start in range(0, REQUESTS, 500):
        scan(server, paths[start : start + 500])
    exposition = server.metrics(requests=REQUESTS)

    assert len(exposition.by("gunicorn_http_requests_total", "endpoint")) == BOUND + 1
    assert exposition.total("gunicorn_http_requests_total") == REQUESTS
    assert exposition.value("gunicorn_exporter_label_overflow_total", label="endpoint") == REQUESTS - BOUND
    assert exposition.total("gunicorn_exporter_dropped_total") == 0
    assert sum(entry.stat().st_blocks * 512 for entry in os.scandir(tmp_path / "store")) < STATED_SIZE

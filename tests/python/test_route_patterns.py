"""Routes by the operator's patterns, for applications without a framework."""

import os
import signal
import threading

from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

FILE = """
exporter:
  labels:
    routes:
      - ^/files/.* -> /files/{path}
      - ^/hang$ -> /slow/{what}
"""


def test_paths_that_match_a_pattern_count_with_its_route(start_gunicorn, tmp_path):
    file = tmp_path / "exporter.yml"
    file.write_text(FILE)
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER, variables={"GUNICORN_EXPORTER_CONFIG_FILE": str(file)})
    (pid,) = server.workers()
    for path in ("/files/a", "/files/a;v=1/b?c", "/files/"):
        server.get(path)
    assert server.metrics(3).by("gunicorn_http_requests_total", "endpoint") == {"/files/{path}": 3}

    threading.Thread(target=server.get, args=("/hang",)).start()
    wait_for(lambda: server.metrics().value("gunicorn_worker_requests_in_flight", worker_id="worker_1"), "a request in flight")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: "route=/slow/{what}" in server.log, f"the lost request; the log is:\n{server.log}")


def test_patterns_of_the_environment_are_separated_by_semicolons(start_gunicorn):
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_ROUTES": "^/a -> /a/{rest}; ^/b -> /b/{rest}"})
    for path in ("/a1", "/b1", "/b2"):
        server.get(path)
    assert server.metrics(3).by("gunicorn_http_requests_total", "endpoint") == {"/a/{rest}": 1, "/b/{rest}": 2}


def test_a_wrong_pattern_leaves_the_server_alone(start_gunicorn):
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_ROUTES": "^/a( -> /a"})
    assert server.get("/") == 200
    wait_for(lambda: "GUNICORN_EXPORTER_ROUTES" in server.log, "the error")

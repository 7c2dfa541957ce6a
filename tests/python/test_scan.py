"""After a scan of random paths, the routes of the application have their own series, through every restart."""

import contextlib
import functools
import http.client
import os
import signal

import pytest

from live_gunicorn import LiveGunicorn, wait_for
from test_cardinality import random_paths

SCANNED = 300

#: An application, and its paths with their endpoints.
PLAIN = {"/users/7": "/users/{id}", "/things": "/things", "/": "/"}
FLASK = {"/users/7": "/users/<int:number>", "/things/": "/things/", "/shelves/a/": "/shelves/<name>/"}
DJANGO = dict(FLASK)
FASTAPI = {"/users/7": "/users/{number}", "/things/": "/things/", "/shelves/a/": "/shelves/{name}/"}

SERVERS = {
    **{f"plain WSGI under {worker}": (worker, "scanned_app:app", PLAIN) for worker in ("sync", "gthread", "gevent")},
    **{f"Flask under {worker}": (worker, "frameworks.flask_app:app", FLASK) for worker in ("sync", "gthread", "gevent")},
    **{f"Django under {worker}": (worker, "frameworks.django_app:app", DJANGO) for worker in ("sync", "gthread", "gevent")},
    "plain ASGI under uvicorn": ("uvicorn", "scanned_app:asgi", PLAIN),
    "Django under uvicorn": ("uvicorn", "frameworks.django_app:asgi", DJANGO),
    "FastAPI under uvicorn": ("uvicorn", "frameworks.starlette_app:fast", FASTAPI),
}


def scan(server: LiveGunicorn, paths: "list[str]") -> None:
    """Requests each path, on a new connection where the server closes the last one."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for path in paths:
        connection.request("GET", path)
        connection.getresponse().read()
    connection.close()


@pytest.mark.parametrize("name", SERVERS)
def test_routes_have_their_own_series_after_a_scan_and_after_every_restart(name, start_worker):
    worker_class, app, routes = SERVERS[name]
    needs = [app.split(".")[1].split("_")[0]] if "." in app else []
    # Far fewer paths than a scan has, and more than any label of the exporter has values of its own.
    variables = {"GUNICORN_EXPORTER_MAX_LABEL_VALUES": "12"}
    # On a busy machine a connection may be idle for longer than the two seconds of the default.
    start = functools.partial(start_worker, worker_class, "--keep-alive", "30", app=app, needs=needs, variables=variables)
    server: LiveGunicorn = start()
    rounds = 0

    def check() -> None:
        nonlocal rounds
        rounds += 1
        # The scan comes first: it must not take the place of a route.
        scan(server, random_paths(SCANNED + rounds)[:SCANNED])
        scan(server, list(routes))
        metrics = server.metrics(requests=rounds * (SCANNED + len(routes)))
        assert metrics.by("gunicorn_http_requests_total", "endpoint") == {
            "__unmatched__": rounds * SCANNED, **{endpoint: rounds for endpoint in routes.values()}}
        assert metrics.by("gunicorn_http_request_duration_seconds_count", "endpoint").keys() == {"__unmatched__", *routes.values()}
        assert metrics.total("gunicorn_exporter_label_overflow_total") == 0
        assert metrics.total("gunicorn_exporter_dropped_total") == 0

    def replaced(pids: "list[int]") -> bool:
        now = server.workers()
        return bool(now) and not set(pids) & set(now)

    check()
    workers = server.workers()
    os.kill(workers[0], signal.SIGTERM)
    wait_for(lambda: replaced(workers), "the worker's successor")
    check()
    workers = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: replaced(workers), "the workers of the reload")
    check()
    exporters = server.exporters()
    os.kill(exporters[0], signal.SIGKILL)
    wait_for(lambda: server.exporters() not in ([], exporters), "another exporter")
    check()
    workers, processes = server.workers(), [*server.workers(), *server.exporters()]
    server.process.kill()
    server.process.wait()
    for pid in workers:
        # Some notice by themselves that their master is gone.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in processes), "the end of the dead master's processes")
    server = start()
    check()
    server.end()
    # An orderly shutdown removes the counts, so nothing of the store decides which routes have series now.
    rounds = 0
    server = start()
    check()

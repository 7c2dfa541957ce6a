"""Slow requests are counted exactly, and logged with the application's line while they are in flight."""

import contextlib
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from live_gunicorn import HOOKS, LiveGunicorn, wait_for
from worker_classes import STOCK

SETTING = "GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS"
TOTAL = "gunicorn_slow_requests_total"
IN_FLIGHT = "gunicorn_slow_requests_in_flight"
TRACE = "0af7651916cd43dd8448eb211c80319c"

SOURCE = (Path(__file__).parent / "hanging_app.py").read_text().splitlines()

#: Those that keep a processor busy come last.
WAYS = ["receive", "wait", "sleep", "loop", "endless", "regex"]

#: gevent's patches turn the other ways into waits for events, which have no stack.
OF_GEVENT = ["sleep", "endless", "regex"]

#: A gthread worker accepts connections while its threads hang, so each worker has a thread for each way.
CLASSES = ["sync", "gthread", "gevent", "tornado", "uvicorn", "asgi"]


def line_of(way: str) -> int:
    return next(number for number, line in enumerate(SOURCE, 1) if line.endswith(f"# hangs: {way}"))


def hang(server: LiveGunicorn, way: str) -> None:
    """Requests a path of the application that hangs, and does not wait for the response."""
    server.connect(f"GET /hang/{way} HTTP/1.1\r\nHost: localhost\r\ntraceparent: 00-{TRACE}-b7ad6b7169203331-01\r\n\r\n".encode())


def incidents(environment: dict[str, str], kind: str) -> list[dict[str, Any]]:
    file = Path(environment["PROMETHEUS_MULTIPROC_DIR"]) / "incidents.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [incident for incident in map(json.loads, lines) if incident["kind"] == kind]


def kill_workers(server: LiveGunicorn) -> None:
    """Ends the workers that hang, so that the server stops soon."""
    server.signal(signal.SIGTERM)
    for pid in server.workers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("name", CLASSES)
def test_each_slow_request_names_the_line_of_the_application(start_worker, environment, name):
    ways = OF_GEVENT if name == "gevent" else WAYS
    app = "hanging_app:asgi" if name in ("uvicorn", "asgi") else "hanging_app:app"
    count = str(len(ways))
    server = start_worker(
        name, "-w", count, "--threads", count, "--timeout", "120", "--graceful-timeout", "1", app=app, variables={SETTING: "1"})
    server.wait_until_served()
    has_loop = name not in ("sync", "gthread")
    # A worker measures its loop from its first heartbeat on.
    sign = "gunicorn_worker_loop_busy_seconds_total" if has_loop else "gunicorn_worker_capacity"
    wait_for(lambda: sum(value > 0 for value in server.scrape().by(sign, "worker_id").values()) == len(ways), "every worker")
    try:
        for number, way in enumerate(ways, 1):
            hang(server, way)
            # A worker that does not hang yet may accept the next request too.
            wait_for(lambda: server.scrape().total("gunicorn_worker_requests_in_flight") == number, f"the request to {way}")
        for way in ways:
            place = f"hanging_app.py:{line_of(way)} {way}"
            line = re.compile(
                rf' slow request worker_id=worker_\d+ pid=\d+ method=GET route=/hang/{way} age_seconds=\d+(\.\d+)? trace_id={TRACE} '
                rf'stack="[^"]*{re.escape(place)}[^"]*"')
            wait_for(lambda: line.search(server.log), f"{place} in a line of {server.log}")
        assert server.log.count(" slow request ") == len(ways)
        metrics = server.scrape()
        assert metrics.total(IN_FLIGHT) == len(ways)
        assert metrics.total(TOTAL) == 0
        wait_for(lambda: len(incidents(environment, "slow")) == len(ways), "the incidents")
        for incident in incidents(environment, "slow"):
            assert {frame["function"] for frame in incident["stack"]} & set(ways)
            assert (incident["method"], incident["trace_id"]) == ("GET", TRACE)
        if has_loop:
            wait_for(lambda: server.log.count(" event loop blocked ") == len(ways), "the blocked loops")
            wait_for(lambda: len(incidents(environment, "blocked")) == len(ways), "their incidents")
    finally:
        kill_workers(server)


def test_a_request_that_awaits_is_slow_without_a_stack(start_worker):
    server = start_worker("uvicorn", "--graceful-timeout", "1", variables={SETTING: "1"})
    server.wait_until_served()
    server.connect(b"GET /stall HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_for(lambda: " slow request " in server.log, "the line")
    (line,) = re.findall(" slow request .*", server.log)
    assert " route=/stall " in line and "stack" not in line
    assert " event loop blocked " not in server.log
    kill_workers(server)


@pytest.mark.parametrize("options, variables, slow", [
    # The default is a tenth of the timeout.
    (("--timeout", "10"), {}, 1), (("--timeout", "30"), {}, 0), (("--timeout", "10"), {SETTING: "0"}, 0),
    ((), {SETTING: "60,/block/*=1"}, 1), ((), {SETTING: "1,/block/*=60"}, 0),
])
def test_a_slow_request_is_counted_when_it_ends(start_worker, options, variables, slow):
    server = start_worker("gthread", *options, variables=variables)
    assert server.get("/block/1.2") == 200
    assert server.get("/") == 200
    metrics = server.metrics(requests=2)
    assert metrics.total(TOTAL) == slow
    assert not metrics.has(IN_FLIGHT)


@pytest.mark.parametrize("name", ["gthread", "gevent_pywsgi", "uvicorn"])
def test_streams_and_websockets_are_never_slow(start_worker, name):
    server = start_worker(name, variables={SETTING: "0.000001"})
    assert server.get("/events") == 200
    server.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nUpgrade: WebSocket\r\n\r\n")
    metrics = server.metrics(requests=2)
    assert metrics.total(TOTAL) == 0
    assert server.get("/") == 200
    wait_for(lambda: server.scrape().total(TOTAL) == 1, "the count")


def test_a_lost_request_has_the_stack_that_was_taken_while_it_was_slow(start_worker):
    server = start_worker("sync", app="hanging_app:app", variables={SETTING: "1"})
    server.wait_until_served()
    hang(server, "wait")
    place = f"hanging_app.py:{line_of('wait')} wait"
    wait_for(lambda: " slow request " in server.log, "the slow request")
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: re.search(rf" request lost .* cause=signal .*{place}", server.log), f"the lost request in {server.log}")
    wait_for(lambda: server.scrape().total(TOTAL) == 1, "the count")


def test_without_stacks_slow_requests_are_still_reported(start_worker, environment):
    server = start_worker("sync", app="hanging_app:app", variables={SETTING: "1", "GUNICORN_EXPORTER_STACKS": "false"})
    server.wait_until_served()
    hang(server, "wait")
    wait_for(lambda: incidents(environment, "slow"), "the incident")
    assert "stack" not in incidents(environment, "slow")[0]
    wait_for(lambda: " route=/hang/wait " in server.log, "the line")
    wait_for(lambda: "this reason is logged once: the worker has no handler for it" in server.log, "the reason")
    kill_workers(server)


def test_an_exporter_that_starts_again_reports_no_request_twice(start_worker, environment):
    server = start_worker("sync", "-w", "2", app="hanging_app:app", variables={SETTING: "1"})
    server.wait_until_served()
    hang(server, "wait")
    wait_for(lambda: incidents(environment, "slow"), "the incident")
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGKILL)
    wait_for(lambda: server.exporters() not in ([], [exporter]), "another exporter")
    hang(server, "receive")
    wait_for(lambda: len(incidents(environment, "slow")) > 1, "the next slow request")
    assert [incident["route"] for incident in incidents(environment, "slow")] == ["/hang/wait", "/hang/receive"]
    kill_workers(server)


@pytest.mark.parametrize("name", ["sync", "gthread", "gevent", "gevent_pywsgi", "tornado", "uvicorn", "asgi"])
def test_an_exception_leaves_the_line_of_the_application(start_worker, environment, name):
    app = "hanging_app:asgi" if name in ("uvicorn", "asgi") else "hanging_app:app"
    server = start_worker(name, app=app)
    server.wait_until_served()
    # Tornado 6.3 and later never answer it.
    hang(server, "fail")
    wait_for(lambda: incidents(environment, "exception"), f"the exception; the log is {server.log}")
    (incident,) = incidents(environment, "exception")
    (frame,) = incident.pop("stack")
    assert (Path(frame["file"]).name, frame["line"], frame["function"]) == ("hanging_app.py", line_of("fail"), "fail")
    assert incident.pop("pid") in server.workers() and incident.pop("time") > 0
    assert incident == {
        "kind": "exception", "worker_id": "worker_1", "method": "GET", "route": "/hang/fail", "trace_id": TRACE,
        "error_type": "ValueError",
    }
    assert "no number" not in json.dumps(incidents(environment, "exception"))


def test_an_application_that_always_fails_leaves_fifty_exceptions_at_once(start_worker, environment):
    server = start_worker("sync", app="hanging_app:app")
    server.wait_until_served()
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGSTOP)
    try:
        for _ in range(80):
            server.get("/hang/fail")
        file = Path(environment["PROMETHEUS_MULTIPROC_DIR"]) / "exceptions_worker-1.jsonl"
        assert len(file.read_text().splitlines()) == 50
    finally:
        os.kill(exporter, signal.SIGCONT)
    wait_for(lambda: len(incidents(environment, "exception")) == 50, "the exceptions")
    wait_for(lambda: file.read_text() == "", "an empty file")
    assert server.metrics().total("gunicorn_worker_error_handling_total") == 80

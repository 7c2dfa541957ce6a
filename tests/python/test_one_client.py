"""A single client cannot make the exporter's series, bytes or sums unbounded or wrong."""

import http.client
import os
import signal
import subprocess
import threading
import time

import pytest

from exposition import Exposition
from live_gunicorn import HOOKS, LiveGunicorn, wait_for

#: The methods of the IANA registry.
METHODS = """
    ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR
    MKCOL MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PRI PROPFIND PROPPATCH PUT QUERY REBIND REPORT
    SEARCH TRACE UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL""".split()
KEPT = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "__other__"}
PATHS = ["/" + a + b for a in "abcdefghijk" for b in "abcdefghij"]
ATTACK = len(METHODS) * len(PATHS)

#: The limits in docs/configuration.md for one full worker, plus the rest of the store and of the response.
STATED_SERIES = 15_000
STATED_STORE = 5 << 20
STATED_ANSWER = 2 << 20

APP = '''
def app(environ, start_response):
    status = "200 OK" if environ["PATH_INFO"] == "/fresh" else "404 Not Found" if environ["PATH_INFO"] == "/" else "503 Busy"
    start_response(status, [("Content-Length", "0")])
    return []
'''

CUMULATIVE = ("_total", "_bucket", "_count", "_sum")


def attack(server: LiveGunicorn) -> None:
    """Requests each path with each method, with many requests on one connection."""
    for path in PATHS:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for method in METHODS:
            connection.request(method, path)
            connection.getresponse().read()
        connection.close()


class Watch:
    """Scrapes continuously, and records every counter that decreases or disappears."""

    def __init__(self, server: LiveGunicorn) -> None:
        self.faults: list[str] = []
        self.scrapes = 0
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        known: dict[object, float] = {}
        while not self._stop.is_set():
            seen = {
                (name, *sorted(labels.items())): value
                for name, labels, value in self._server.scrape().samples if name.endswith(CUMULATIVE)
                # The exporter's own metrics are not in the store.
                and not name.startswith("process_")
            }
            self.faults += [f"{key}: {value} became {seen.get(key)}" for key, value in known.items() if seen.get(key, -1) < value]
            known.update(seen)
            self.scrapes += 1


def assert_exact(exposition: Exposition, requests: int) -> None:
    """Every request is counted exactly once in every family that counts requests."""
    assert exposition.total("gunicorn_worker_requests_total") == requests
    assert exposition.total("gunicorn_http_requests_total") == requests
    assert exposition.total("gunicorn_worker_request_duration_seconds_count") == requests
    assert exposition.total("gunicorn_http_request_duration_seconds_count") == requests
    assert exposition.total("gunicorn_exporter_dropped_total") == 0


@pytest.fixture
def server(start_gunicorn, tmp_path) -> LiveGunicorn:
    (tmp_path / "attacked.py").write_text(APP)
    started = start_gunicorn(
        "-w", "1", "-k", "gthread", "--threads", "2", "--keep-alive", "30", "--chdir", str(tmp_path), conf=HOOKS, app="attacked:app")
    started.wait_until_served()
    return started


def test_methods_times_paths_are_bounded_and_the_next_worker_has_room(server, tmp_path):
    attack(server)
    exposition = server.metrics(requests=ATTACK)
    answer = len(exposition.text)
    store = sum(entry.stat().st_blocks * 512 for entry in os.scandir(tmp_path / "store"))
    print(f"{len(exposition.samples)} samples, {answer} bytes, store {store} bytes")

    assert set(exposition.by("gunicorn_http_requests_total", "method")) == KEPT
    assert len(exposition.samples) < STATED_SERIES * 1.1
    assert answer < STATED_ANSWER
    assert store < STATED_STORE
    assert_exact(exposition, ATTACK)
    assert exposition.total("gunicorn_worker_failed_requests_total") == ATTACK
    refused = exposition.value("gunicorn_http_requests_total", method="__other__", endpoint="__other__")
    assert refused == exposition.value("gunicorn_exporter_label_overflow_total", label="series") > 0
    # Requests past the bound keep their status, so that alerts on errors see them.
    assert exposition.value("gunicorn_http_requests_total", endpoint="__other__", status_code="503") == refused
    assert server.log.count("GUNICORN_EXPORTER_MAX_WORKER_SERIES") == 1

    server.get("/fresh")
    assert not server.metrics(ATTACK + 1).has("gunicorn_http_requests_total", endpoint="/fresh")
    watch = Watch(server)
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: server.workers() not in ([], [worker]), "another worker")
    wait_for(lambda: server.get("/fresh") == 200, "an answer")
    for _ in range(9):
        assert server.get("/fresh") == 200
    wait_for(lambda: server.scrape().has("gunicorn_http_requests_total", endpoint="/fresh"), "the new route")
    after = server.metrics(requests=ATTACK + 11)
    scrapes = watch.scrapes
    wait_for(lambda: watch.scrapes > scrapes + 2, "further scrapes")
    watch.end()

    assert after.value("gunicorn_http_requests_total", method="GET", endpoint="/fresh", status_code="200") == 10
    assert after.value("gunicorn_http_request_duration_seconds_count", method="GET", endpoint="/fresh") == 10
    assert_exact(after, ATTACK + 11)
    assert watch.faults == []


def test_a_header_cannot_spoil_a_sum(server):
    now = time.time()
    lengths = ["9223372036854775807", str((1 << 40) + 1)]
    starts = [f"t={now - 86_000:.3f}", f"{now + 3_600:.3f}", "t=1", "t=", "NaN", "t=1e308", "-1", "9" * 4_000, f"{now - 3_700:.3f}"]
    for length in lengths:
        # The client never sends the body, and the application does not read it.
        assert b" 404 " in server.send(f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n".encode())
    for start in starts:
        assert b" 404 " in server.send(
            f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Start: {start}\r\n\r\n".encode())
    server.send(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-Request-Start: 1\r\n" * 10_000 + b"\r\n")
    metrics = server.metrics(requests=len(lengths) + len(starts) + 1)

    assert metrics.value("gunicorn_worker_request_size_bytes_sum") == 0
    assert metrics.value("gunicorn_worker_request_size_bytes_count") == len(starts)
    assert metrics.value("gunicorn_exporter_invalid_content_lengths_total") == len(lengths)
    assert not metrics.has("gunicorn_worker_request_queue_seconds_count")
    assert metrics.total("gunicorn_worker_request_queue_seconds_sum") == 0
    assert metrics.value("gunicorn_exporter_invalid_queue_headers_total") == len(starts)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_a_full_disk_merges_new_series_and_loses_no_request(start_gunicorn, tmp_path):
    (tmp_path / "attacked.py").write_text(APP)
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=768k,mode=700", "store", str(store)], check=True)
    try:
        server = start_gunicorn(
            "-w", "1", "-k", "gthread", "--threads", "2", "--keep-alive", "30", "--chdir", str(tmp_path), conf=HOOKS, app="attacked:app")
        server.wait_until_served()
        attack(server)
        exposition = server.metrics(requests=ATTACK)
        server.end()
    finally:
        subprocess.run(["umount", "--lazy", str(store)], check=True)

    assert_exact(exposition, ATTACK)
    assert exposition.value("gunicorn_exporter_label_overflow_total", label="series") > 0
    assert exposition.value("gunicorn_http_requests_total", endpoint="__other__") > 0

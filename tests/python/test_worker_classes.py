"""Every worker class counts each request once and correctly, both this package's classes and instrumented ones."""

import http.client
import os
import re
import signal
from typing import Optional

import pytest

from app import FILE_SIZE
from gunicorn_prometheus_exporter import plugin
from live_gunicorn import HOOKS, wait_for
from pages import PAGES
from worker_classes import ALL, OURS, STOCK, WSGI

#: Path, status that the client receives (0: none), size of the body, exception that is counted.
OUTCOMES: list[tuple[str, int, int, Optional[str]]] = [
    ("/", 200, 1, None),
    ("/missing", 404, 8, None),
    ("/broken", 503, 7, None),
    ("/stream", 200, 12, None),
    ("/torn", 200, 4, "ValueError"),
    ("/crash", 500, 0, "ValueError"),
    ("/late-crash", 500, 0, "ValueError"),
    ("/oserror", 500, 0, "OSError"),
]

#: It collects each response before it sends it. After an exception it closes the connection or, in later versions, keeps it open.
COLLECTS = "tornado"

REQUEST = b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("name", ALL)
def test_each_outcome_is_counted_once_with_status_size_and_error(start_worker, dump, name):
    server = start_worker(name)
    stock = OURS.get(name, name)
    # gevent's own server reports the size of its 500 response.
    own_answer = 21 if stock == "gevent_pywsgi" else 0
    size, errors, counted = 0, {}, {}
    forgotten = []
    for path, status, length, error in OUTCOMES:
        answered = status
        if stock == COLLECTS and error:
            answered, status, length = None, 500, 0
        elif error == "OSError" and STOCK[stock].is_gunicorns:
            answered = 0
        elif status == 500:
            length = own_answer
        for _ in range(3):
            if answered is None:
                forgotten.append(server.connect(REQUEST % (b"GET", path.encode(), b"")))
            else:
                assert server.get(path) == answered, path
        size += 3 * length
        counted["__unmatched__" if status == 404 else path, str(status)] = 3
        if error:
            errors[error] = errors.get(error, 0) + 3

    metrics = dump(requests=3 * len(OUTCOMES))
    for connection in forgotten:
        connection.close()
    assert metrics.value("gunicorn_worker_requests_total") == 3 * len(OUTCOMES)
    assert metrics.value("gunicorn_worker_request_duration_seconds_count") == 3 * len(OUTCOMES)
    samples = [sample for sample in metrics.samples if sample[0] == "gunicorn_http_requests_total"]
    assert {(labels["endpoint"], labels["status_code"]): value for _, labels, value in samples} == counted
    failed = [sample for sample in metrics.samples if sample[0] == "gunicorn_worker_failed_requests_total"]
    assert {labels["endpoint"] for _, labels, _ in failed} == {path for path, status in counted if status >= "400"}
    assert sum(value for _, _, value in failed) == sum(count for (_, status), count in counted.items() if status >= "400")
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == errors
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == size
    assert metrics.value("gunicorn_worker_response_size_bytes_count") == 3 * len(OUTCOMES)
    assert metrics.value("gunicorn_exporter_dropped_total") == 0


@pytest.mark.parametrize("name", STOCK)
def test_a_connection_that_is_kept_alive_counts_each_of_its_requests(start_worker, dump, name):
    server = start_worker(name)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for method, path in [("GET", "/a"), ("HEAD", "/b"), ("POST", "/c")]:
        connection.request(method, path, b"12345" if method == "POST" else None)
        connection.getresponse().read()
    connection.close()
    metrics = dump(requests=3)
    assert metrics.by("gunicorn_http_requests_total", "method") == {"GET": 1, "HEAD": 1, "POST": 1}
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/a": 1, "/b": 1, "/c": 1}
    assert metrics.value("gunicorn_worker_request_size_bytes_sum") == 5
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == 4


@pytest.mark.parametrize("name", STOCK)
def test_requests_that_are_sent_at_once_are_each_counted_if_they_are_answered(start_worker, dump, name):
    server = start_worker(name)
    answer = server.send(REQUEST % (b"GET", b"/a", b"") * 2 + REQUEST % (b"GET", b"/b", b"Connection: close\r\n"))
    answers = answer.count(b"HTTP/1.1 200")
    assert answers == (3 if STOCK[name].answers_all else 1)
    assert dump(requests=answers).value("gunicorn_http_requests_total", status_code="200") == answers


@pytest.mark.parametrize("name", STOCK)
def test_the_answer_to_head_counts_with_the_bytes_that_were_sent_of_it(start_worker, dump, name):
    server = start_worker(name)
    sent = [len(body_of(server.send(b"HEAD %s HTTP/1.0\r\n\r\n" % path))) for path in (b"/", b"/missing", b"/empty")]
    metrics = dump(requests=3)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1, "204": 1, "404": 1}
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == sum(sent) == 0


@pytest.mark.parametrize("name", STOCK)
def test_a_worker_reports_its_capacity_and_after_its_requests_none_in_flight(start_worker, name):
    server = start_worker(name, "--worker-connections", "7")
    assert server.get("/") == 200
    metrics = server.metrics(requests=1)
    assert metrics.total("gunicorn_worker_capacity") == STOCK[name].capacity
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0


def test_a_class_that_is_derived_from_none_is_counted_by_the_hooks_that_it_calls(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + "worker_class = 'own_worker.OwnWorker'\n")
    assert server.get("/") == 200
    metrics = server.metrics(requests=1)
    assert metrics.total("gunicorn_worker_capacity") == 0
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0
    assert metrics.value("gunicorn_http_requests_total", status_code="200") == 1


@pytest.mark.parametrize("name", STOCK)
def test_a_worker_that_is_told_to_end_says_so_and_counts_what_it_has_in_hand(start_worker, tmp_path, name):
    server = start_worker(name)
    server.wait_until_served()
    gate = tmp_path / "gate"
    request = b"POST /until HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" % (len(str(gate)), str(gate).encode())
    with server.connect(request) as connection:
        wait_for(lambda: server.metrics().total("gunicorn_worker_requests_in_flight") == 1, "a request in flight")
        (pid,) = server.workers()
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: server.metrics().has("gunicorn_worker_state", worker_id="worker_1", state="quit"), "the state")
        gate.touch()
        assert connection.recv(65536)[9:12] == b"200"
    wait_for(lambda: pid not in server.workers(), "the end of the worker")
    wait_for(lambda: server.metrics().by("gunicorn_worker_state", "state").get("running") == 1, "the next worker")
    metrics = server.metrics(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0
    assert {reason: count for reason, count in metrics.by("gunicorn_worker_exits_total", "reason").items() if count} == {"graceful": 1}


@pytest.mark.parametrize("name", WSGI)
def test_a_file_that_the_kernel_sends_counts_with_its_bytes(start_worker, dump, name):
    server = start_worker(name)
    assert len(body_of(server.send(b"GET /file HTTP/1.0\r\n\r\n"))) == FILE_SIZE
    assert dump(requests=1).value("gunicorn_worker_response_size_bytes_sum") == FILE_SIZE


def test_exceptions_of_tornados_own_applications_are_counted(start_worker, run_python, dump):
    if run_python("import gunicorn; assert gunicorn.version_info >= (21,)").returncode != 0:
        pytest.skip("this Gunicorn takes Tornado's applications for WSGI")
    server = start_worker("tornado", app="frameworks.tornado_app:app")
    assert [server.get("/crash"), server.get("/missing"), server.get("/slow")] == [500, 404, 200]
    metrics = dump(requests=3)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1, "404": 1, "500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": 1}


def test_requests_of_tornado_leave_nothing_to_the_garbage_collector(start_worker):
    server = start_worker("tornado", app="tornado_parts_app:app")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    kept = []
    for _ in range(20):
        connection.request("GET", "/kept")
        kept.append(int(connection.getresponse().read()))
    connection.close()
    assert kept == kept[:1] * 20


def test_the_applications_own_servers_and_clients_of_tornado_are_not_recorded(start_worker, dump):
    server = start_worker("tornado", app="tornado_parts_app:app")
    assert body_of(server.send(b"GET /inner HTTP/1.0\r\n\r\n")) == b"200 404 400"
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/inner": 1}
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == len(b"200 404 400")
    assert metrics.value("gunicorn_exporter_dropped_total") == 0


@pytest.mark.parametrize("name", [name for name, stock in OURS.items() if STOCK[stock].package])
def test_a_missing_package_is_named_by_the_import_error(run_python, name):
    package = STOCK[OURS[name]].package
    done = run_python(f"""
import sys
for module in ({package!r}, "uvicorn_worker", "uvicorn.workers"):
    sys.modules[module] = None
try:
    from gunicorn_prometheus_exporter.plugin import {name}
except ImportError as error:
    assert str(error).startswith("{name} needs {package}"), error
else:
    raise SystemExit("it was imported")
""")
    assert done.returncode == 0, done.stderr


def test_the_page_lists_each_class():
    named = set(re.findall(r"`([\w.]+)`", PAGES["docs/worker-classes.md"].text.partition("## ")[0]))
    assert {*plugin.__all__} == {*OURS}
    # Gunicorn has short names for its own classes.
    assert {*OURS, *(name if stock.module.startswith("gunicorn") else stock.setting for name, stock in STOCK.items())} <= named


def test_an_unknown_name_is_an_attribute_error(run_python):
    done = run_python("""
from gunicorn_prometheus_exporter import plugin
assert "PrometheusASGIWorker" in dir(plugin)
try:
    plugin.Nonsense
except AttributeError as error:
    print(error)
""")
    assert "Nonsense" in done.stdout, done.stderr

"""A request is counted once, with the status that its client got; in every kind of worker."""

import time

import pytest

from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

WORKERS: dict[str, str] = {
    "PrometheusWorker": HOOKS + PROMETHEUS_WORKER,
    "the stock worker and hooks": HOOKS,
    "the threaded worker and hooks": HOOKS + "worker_class = 'gthread'\nthreads = 4\n",
    "the gevent worker and hooks": HOOKS + "worker_class = 'gevent'\n",
    "PrometheusWorker without hooks": PROMETHEUS_WORKER,
}

#: Path, status as the client sees it (0: none), status as counted, exception as counted.
OUTCOMES = [
    ("/", 200, 200, None),
    ("/missing", 404, 404, None),
    ("/broken", 503, 503, None),
    ("/crash", 500, 500, "ValueError"),
    ("/late-crash", 500, 500, "ValueError"),
    ("/torn", 200, 200, "ValueError"),
    ("/oserror", 0, 500, "OSError"),
]


@pytest.fixture(params=WORKERS, ids=str)
def server(request, start_gunicorn, dump, run_python):
    if "gevent" in request.param:
        # Importing it is how Gunicorn's own worker says which gevent it needs.
        done = run_python("import gunicorn.workers.ggevent")
        if done.returncode != 0:
            pytest.skip(done.stderr.splitlines()[-1])
    started = start_gunicorn(conf=WORKERS[request.param])
    started.dump = dump
    return started


@pytest.mark.parametrize(("path", "answered", "counted", "error"), OUTCOMES, ids=[case[0] for case in OUTCOMES])
def test_an_outcome_is_counted_as_the_client_sees_it(server, path, answered, counted, error):
    assert [server.get(path) for _ in range(3)] == [answered] * 3
    metrics = server.dump(requests=3)
    assert metrics.value("gunicorn_worker_requests_total") == 3
    assert metrics.value("gunicorn_worker_request_duration_seconds_count") == 3
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {str(counted): 3}
    failed = metrics.by("gunicorn_worker_failed_requests_total", "status_code")
    assert failed == ({str(counted): 3} if counted >= 400 else {})
    errors = metrics.by("gunicorn_worker_error_handling_total", "error_type")
    assert errors == ({error: 3} if error else {})


def test_a_request_that_cannot_be_parsed_is_counted_with_the_status_that_was_sent(server):
    assert server.send(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    metrics = server.dump(requests=1)
    assert metrics.value("gunicorn_worker_requests_total") == 1
    assert metrics.value("gunicorn_worker_failed_requests_total", method="__other__", status_code="400") == 1
    assert metrics.value("gunicorn_worker_error_handling_total", error_type="InvalidRequestLine") == 1


def test_a_connection_without_a_request_is_not_counted(server):
    server.send_and_leave(b"")
    assert server.get("/") == 200
    assert server.dump(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_client_that_leaves_is_counted_once_and_is_no_error(server):
    server.send_and_leave(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
    metrics = server.dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


def test_the_users_own_hooks_are_called_with_the_arguments_that_they_take(start_gunicorn, dump):
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER + """
def pre_request(worker, req):
    worker.log.info("pre %s", req.path)
def post_request(worker, req):
    worker.log.info("post %s", req.path)
""")
    assert server.get("/a") == 200
    wait_for(lambda: "pre /a" in server.log and "post /a" in server.log, "the user's hooks")
    assert dump(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_users_hook_that_fails_costs_no_count(start_gunicorn, dump):
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER + """
def pre_request(worker, req):
    raise ValueError("the user's own")
""")
    assert server.get("/") == 500
    assert dump(requests=1).by("gunicorn_http_requests_total", "status_code") == {"500": 1}


def test_a_request_that_takes_too_long_is_counted_before_its_worker_is_replaced(start_gunicorn):
    server = start_gunicorn("--timeout", "1")
    # Up to Gunicorn 21 the connection is closed, later the client is told.
    assert server.get("/hang") in (0, 500)
    wait_for(lambda: server.metrics().value("gunicorn_master_worker_restarts_total") == 1, "the replacement")
    assert server.metrics().by("gunicorn_http_requests_total", "status_code") == {"500": 1}


def test_a_child_that_the_application_forks_neither_crashes_nor_counts(start_gunicorn):
    server = start_gunicorn()
    status, text = server.request("POST", "/exec", """
import gc, os
from gunicorn_prometheus_exporter.metrics import WorkerRequests
pid = os.fork()
if pid == 0:
    WorkerRequests().inc(worker_id="worker_1")
    gc.collect()
    os._exit(0)
print(os.waitpid(pid, 0)[1])
""")
    assert (status, text) == (200, "0\n")
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_worker_says_who_it_is_and_what_it_uses(start_gunicorn):
    server = start_gunicorn("-w", "2")
    wait_for(lambda: len(server.metrics().by("gunicorn_worker_info", "worker_id")) == 2, "both workers")
    metrics = server.metrics()
    pids = {labels["pid"] for name, labels, _ in metrics.samples if name == "gunicorn_worker_info"}
    assert pids == {str(pid) for pid in server.workers()}
    assert metrics.value("gunicorn_worker_state", worker_id="worker_1", state="running") == 1
    assert metrics.value("gunicorn_worker_memory_bytes", worker_id="worker_1") > 1_000_000


@pytest.mark.parametrize(("header", "is_valid"), [
    ("X-Request-Start: t={seconds:.3f}", True),
    ("X-Request-Start: {seconds:.3f}", True),
    ("X-Queue-Start: {milliseconds:.0f}", True),
    ("X-Queue-Start: t={milliseconds:.0f}", True),
    ("X-Request-Start: yesterday", False),
    ("X-Request-Start: t=", False),
    ("X-Request-Start: -5", False),
    ("X-Request-Start: {future:.3f}", False),
])
def test_the_time_in_a_proxys_queue_is_read_from_its_header_or_the_header_is_counted_as_invalid(
        start_gunicorn, dump, header, is_valid):
    server = start_gunicorn()
    start = time.time() - 100
    text = header.format(seconds=start, milliseconds=start * 1e3, future=start + 1000)
    assert server.send(f"GET / HTTP/1.0\r\n{text}\r\n\r\n".encode()).startswith(b"HTTP/1.0 200")
    metrics = dump(requests=1)
    assert metrics.value("gunicorn_worker_request_queue_seconds_count") == is_valid
    assert metrics.value("gunicorn_exporter_invalid_queue_headers_total") == (not is_valid)
    if is_valid:
        assert 99 < metrics.value("gunicorn_worker_request_queue_seconds_sum") < 200


@pytest.mark.parametrize("worker_class", ["sync", "uvicorn.workers.UvicornWorker", "tornado"])
def test_sizes_and_queue_times_are_read_whatever_the_server_makes_of_headers(start_gunicorn, dump, worker_class):
    app = "asgi_app:app" if "uvicorn" in worker_class else "app:app"
    server = start_gunicorn(conf=HOOKS + f"worker_class = {worker_class!r}\n", app=app)
    server.send(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 5\r\n"
        b"X-Request-Start: t=%.3f\r\n\r\n12345" % (time.time() - 100))
    metrics = dump(requests=1)
    assert metrics.value("gunicorn_worker_request_size_bytes_sum") == 5
    assert 99 < metrics.value("gunicorn_worker_request_queue_seconds_sum") < 200


def test_the_users_hooks_see_each_request_in_order(start_gunicorn, dump):
    server = start_gunicorn(conf=HOOKS + """
def post_worker_init(worker):
    worker.log.info("hook post_worker_init")
def pre_request(worker, req):
    worker.log.info("hook pre %s", req.path)
def post_request(worker, req, environ, resp):
    worker.log.info("hook post %s %s", req.path, resp.status)
def worker_exit(server, worker):
    worker.log.info("hook worker_exit")
""")
    assert [server.get("/a"), server.get("/missing")] == [200, 404]
    assert dump(requests=2).value("gunicorn_worker_requests_total") == 2
    server.end()
    hooks = [line.partition("hook ")[2] for line in server.log.splitlines() if "hook " in line]
    assert hooks == [
        "post_worker_init", "pre /a", "post /a 200 OK", "pre /missing", "post /missing 404 Not Found", "worker_exit"]

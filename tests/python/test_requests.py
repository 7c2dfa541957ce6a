"""What is recorded of a request besides its outcome, and the user's hooks, headers and forks around it."""

import time

import pytest

from app import FILE_SIZE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for
from worker_classes import STOCK, WSGI


def test_a_worker_class_of_ours_counts_without_any_hook(start_gunicorn, dump):
    server = start_gunicorn(conf=PROMETHEUS_WORKER)
    assert server.get("/missing") == 404
    assert dump(requests=1).by("gunicorn_http_requests_total", "status_code") == {"404": 1}


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
    wait_for(lambda: server.metrics().by("gunicorn_worker_state", "state").get("running") == 2, "both workers")
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
    ("X-Request-Start: t={microseconds:.0f}", True),
    ("X-Request-Start: {nanoseconds:.0f}", True),
    ("X-Request-Start: t={nanoseconds:.0f}", True),
    ("X-Request-Start: yesterday", False),
    ("X-Request-Start: t=", False),
    ("X-Request-Start: -5", False),
    ("X-Request-Start: {future:.3f}", False),
])
def test_the_time_in_a_proxys_queue_is_read_from_its_header_or_the_header_is_counted_as_invalid(
        start_gunicorn, dump, header, is_valid):
    server = start_gunicorn()
    start = time.time() - 100
    text = header.format(
        seconds=start, milliseconds=start * 1e3, microseconds=start * 1e6, nanoseconds=start * 1e9, future=start + 1000)
    assert server.send(f"GET / HTTP/1.0\r\n{text}\r\n\r\n".encode()).startswith(b"HTTP/1.0 200")
    metrics = dump(requests=1)
    # The family exists once a proxy has sent a valid header.
    assert metrics.has("gunicorn_worker_request_queue_seconds_count") == is_valid
    assert metrics.value("gunicorn_exporter_invalid_queue_headers_total") == (not is_valid)
    if is_valid:
        assert 99 < metrics.value("gunicorn_worker_request_queue_seconds_sum") < 200


@pytest.mark.parametrize("name", STOCK)
def test_sizes_and_queue_times_are_read_whatever_the_server_makes_of_headers(start_worker, dump, name):
    server = start_worker(name)
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


def test_hooks_that_the_application_sets_in_the_worker_are_called_and_cost_no_count(start_gunicorn, dump):
    server = start_gunicorn(conf=HOOKS + """
def post_worker_init(worker):
    worker.cfg.set("pre_request", lambda worker, req: worker.log.info("late pre %s", req.path))
    worker.cfg.set("post_request", lambda worker, req: worker.log.info("late post %s", req.path))
""")
    assert server.get("/a") == 200
    wait_for(lambda: "late pre /a" in server.log and "late post /a" in server.log, "the hooks")
    metrics = dump(requests=1)
    assert metrics.value("gunicorn_worker_requests_total") == 1
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/a": 1}


@pytest.mark.parametrize("conf", ["", "sendfile = False\n"], ids=["sendfile", "no sendfile"])
@pytest.mark.parametrize("path, worker_class", [
    *(("/odd-file", name) for name in WSGI),
    ("/odd-file-chunked", "sync"), ("/odd-file-failing", "sync"), ("/odd-file-failing", "gthread")])
def test_what_a_file_wrapper_is_given_need_not_have_a_position(path, worker_class, conf, start_worker, dump):
    server = start_worker(worker_class, conf=conf)
    status, body = server.request("GET", path)
    assert (status, len(body)) == (200, FILE_SIZE)
    assert "Traceback" not in server.log
    assert dump(requests=1).total("gunicorn_worker_response_size_bytes_sum") == FILE_SIZE


@pytest.mark.parametrize("worker_class", ["sync", "gthread"])
def test_gunicorns_configuration_and_logger_stay_as_they_are(start_gunicorn, worker_class):
    server = start_gunicorn("-k", worker_class)
    server.request("POST", "/exec", """
from gunicorn.config import Config
from gunicorn.glogging import Logger
Config.asked, Logger.said, stock = set(), [], Config.__getattr__
def ask(config, name):
    Config.asked.add(name)
    return stock(config, name)
Config.__getattr__ = ask
Logger.debug = lambda log, message, *arguments: Logger.said.append(message % arguments)
""")
    assert server.get("/a") == 200
    status, seen = server.request("POST", "/exec", """
from gunicorn.config import Config
from gunicorn.glogging import Logger
print({"pre_request", "post_request", "accesslog"} <= Config.asked, any("/a" in line for line in Logger.said))
""")
    assert (status, seen) == (200, "True True\n")


@pytest.mark.parametrize("name", STOCK)
def test_a_body_in_chunks_has_no_size_that_could_be_observed(start_worker, dump, name):
    server = start_worker(name)
    assert b" 200 " in server.send(
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n")
    assert dump(requests=1).total("gunicorn_worker_request_size_bytes_count") == 0

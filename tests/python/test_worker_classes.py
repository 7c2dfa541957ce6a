"""In every worker class each request is counted once and truly, whether the class is ours or the hooks find it."""

import http.client
from typing import Optional

import pytest

from app import FILE_SIZE
from live_gunicorn import HOOKS, wait_for

PLUGIN = "gunicorn_prometheus_exporter.plugin."

#: Worker class and the module that must be importable for it.
WSGI = {
    PLUGIN + "PrometheusWorker": "gunicorn.workers.sync",
    PLUGIN + "PrometheusThreadWorker": "gunicorn.workers.gthread",
    PLUGIN + "PrometheusGeventWorker": "gunicorn.workers.ggevent",
    PLUGIN + "PrometheusEventletWorker": "gunicorn.workers.geventlet",
    PLUGIN + "PrometheusTornadoWorker": "gunicorn.workers.gtornado",
    "sync": "gunicorn.workers.sync",
    "gthread": "gunicorn.workers.gthread",
    "gevent": "gunicorn.workers.ggevent",
    "eventlet": "gunicorn.workers.geventlet",
    "tornado": "gunicorn.workers.gtornado",
}
ASGI = {
    PLUGIN + "PrometheusUvicornWorker": "uvicorn.workers",
    PLUGIN + "PrometheusASGIWorker": "gunicorn.workers.gasgi",
    "uvicorn.workers.UvicornWorker": "uvicorn.workers",
    "gunicorn.workers.gasgi.ASGIWorker": "gunicorn.workers.gasgi",
}

#: Path, status as the client sees it (0: none), bytes of the body, exception as counted.
OUTCOMES: list[tuple[str, int, int, Optional[str]]] = [
    ("/", 200, 1, None),
    ("/missing", 404, 8, None),
    ("/broken", 503, 7, None),
    ("/stream", 200, 12, None),
    ("/torn", 200, 4, "ValueError"),
    ("/crash", 500, 0, "ValueError"),
]


def is_tornado(worker_class: str) -> bool:
    return "tornado" in worker_class.lower()


@pytest.fixture
def start(start_gunicorn, dump, run_python):
    def start_worker(worker_class: str, *options: str, **named: object):
        module = {**WSGI, **ASGI}.get(worker_class, "gunicorn")
        done = run_python(f"import {module}")
        if done.returncode != 0:
            pytest.skip(f"{module}: {done.stderr.splitlines()[-1]}")
        named.setdefault("app", "asgi_app:app" if worker_class in ASGI else "app:app")
        conf = HOOKS + f"worker_class = {worker_class!r}\n" + str(named.pop("conf", ""))
        if module.endswith("gthread"):
            conf += "threads = 4\n"
        server = start_gunicorn(*options, conf=conf, **named)
        server.dump = dump
        return server

    return start_worker


@pytest.mark.parametrize("worker_class", [*WSGI, *ASGI])
def test_each_outcome_is_counted_once_with_status_size_and_error(start, worker_class):
    server = start(worker_class)
    size = 0
    failures = 0
    for path, status, length, error in OUTCOMES:
        if is_tornado(worker_class):
            # Tornado's container for WSGI collects the whole answer first, and closes the connection on an exception.
            status, length = (0, 0) if error else (status, length)
        for _ in range(3):
            assert server.get(path) == status, path
        size += 3 * length
        failures += 3 if error else 0

    metrics = server.dump(requests=3 * len(OUTCOMES))
    assert metrics.value("gunicorn_worker_requests_total") == 3 * len(OUTCOMES)
    for path, status, _, error in OUTCOMES:
        counted = 500 if error and is_tornado(worker_class) else status
        assert metrics.value("gunicorn_http_requests_total", endpoint=path, status_code=str(counted)) == 3, path
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": failures}
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == size
    assert metrics.value("gunicorn_worker_response_size_bytes_count") == 3 * len(OUTCOMES)
    assert metrics.value("gunicorn_exporter_dropped_total") == 0


@pytest.mark.parametrize("worker_class", [*WSGI, *ASGI])
def test_a_connection_that_is_kept_alive_counts_each_of_its_requests(start, worker_class):
    server = start(worker_class)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for method, path in [("GET", "/a"), ("HEAD", "/b"), ("POST", "/c")]:
        connection.request(method, path, b"12345" if method == "POST" else None)
        connection.getresponse().read()
    connection.close()
    metrics = server.dump(requests=3)
    assert metrics.by("gunicorn_http_requests_total", "method") == {"GET": 1, "HEAD": 1, "POST": 1}
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/a": 1, "/b": 1, "/c": 1}
    assert metrics.value("gunicorn_worker_request_size_bytes_sum") == 5
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == 4


@pytest.mark.parametrize("worker_class", ["gevent", "eventlet", "tornado", "uvicorn.workers.UvicornWorker"])
def test_requests_that_are_sent_at_once_are_each_counted(start, worker_class):
    server = start(worker_class)
    request = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    answer = server.send(request % (b"a", b"") * 2 + request % (b"b", b"Connection: close\r\n"))
    assert answer.count(b"HTTP/1.1 200") == 3
    assert server.dump(requests=3).by("gunicorn_http_requests_total", "endpoint") == {"/a": 2, "/b": 1}


@pytest.mark.parametrize(("worker_class", "capacity"), [
    ("sync", 1), ("gthread", 4), ("gevent", 7), ("eventlet", 7), ("tornado", 7), ("uvicorn.workers.UvicornWorker", 7),
    ("gunicorn.workers.gasgi.ASGIWorker", 7), ("worker_classes.OwnWorker", 0),
])
def test_a_worker_says_how_many_requests_it_can_have_in_hand_and_has_none_after_them(start, worker_class, capacity):
    server = start(worker_class, "--worker-connections", "7")
    assert server.get("/") == 200
    metrics = server.metrics(requests=1)
    assert metrics.total("gunicorn_worker_capacity") == capacity
    assert metrics.value("gunicorn_worker_requests_in_flight") == 0


@pytest.mark.parametrize("worker_class", ["sync", "gevent", "tornado", "uvicorn.workers.UvicornWorker"])
def test_a_request_in_hand_is_in_flight(start, worker_class):
    server = start(worker_class)
    server.wait_until_served()
    with server.connect(b"GET /nap HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") as connection:
        wait_for(lambda: server.metrics().total("gunicorn_worker_requests_in_flight") == 1, "a request in flight")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    assert server.metrics(requests=1).value("gunicorn_worker_requests_in_flight") == 0


@pytest.mark.parametrize("worker_class", [*WSGI, *ASGI])
def test_a_client_that_leaves_is_counted_once_and_the_next_is_served(start, worker_class):
    server = start(worker_class)
    server.send_and_leave(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert server.get("/") == 200
    metrics = server.dump(requests=2)
    assert metrics.value("gunicorn_worker_requests_total") == 2
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


@pytest.mark.parametrize("worker_class", [name for name in WSGI if not is_tornado(name)])
def test_a_file_that_the_kernel_sends_counts_with_its_bytes(start, worker_class):
    server = start(worker_class)
    assert len(server.send(b"GET /file HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")[2]) == FILE_SIZE
    metrics = server.dump(requests=1)
    assert metrics.value("gunicorn_worker_response_size_bytes_sum") == FILE_SIZE


def test_exceptions_of_tornados_own_applications_are_counted(start):
    server = start("tornado", app="frameworks.tornado_app:app")
    if server.get("/") != 200:
        pytest.skip("this Gunicorn takes Tornado's applications for WSGI")
    assert [server.get("/crash"), server.get("/missing"), server.get("/slow")] == [500, 404, 200]
    metrics = server.dump(requests=4)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 2, "404": 1, "500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": 1}


@pytest.mark.parametrize("name", ["PrometheusGeventWorker", "PrometheusEventletWorker", "PrometheusTornadoWorker",
                                  "PrometheusUvicornWorker"])
def test_a_missing_package_is_named_by_the_import_error(run_python, name):
    package = {"PrometheusGeventWorker": "gevent", "PrometheusEventletWorker": "eventlet",
               "PrometheusTornadoWorker": "tornado", "PrometheusUvicornWorker": "uvicorn"}[name]
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

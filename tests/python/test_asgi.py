"""What only ASGI has: answers that are followed by work, and errors after an answer."""

import pytest

from live_gunicorn import HOOKS

WORKERS = {
    "uvicorn": "gunicorn_prometheus_exporter.plugin.PrometheusUvicornWorker",
    "gunicorn": "gunicorn_prometheus_exporter.plugin.PrometheusASGIWorker",
}


@pytest.fixture(params=WORKERS)
def server(request, start_gunicorn, dump, run_python):
    worker_class = WORKERS[request.param]
    done = run_python(f"from gunicorn_prometheus_exporter.plugin import {worker_class.rpartition('.')[2]}")
    if done.returncode != 0:
        pytest.skip(done.stderr.splitlines()[-1])
    started = start_gunicorn(conf=HOOKS + f"worker_class = {worker_class!r}\n", app="asgi_app:app")
    started.dump = dump
    return started


def test_an_application_that_does_not_answer_is_a_500_without_an_exception(server):
    assert server.get("/silent") == 500
    metrics = server.dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


def test_an_application_that_answers_a_failure_and_then_raises_has_failed_once(server):
    assert server.get("/answer-and-crash") == 500
    metrics = server.dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": 1}


def test_what_follows_an_answer_is_no_part_of_the_request(server):
    assert server.get("/background") == 200
    metrics = server.dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"200": 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {}


def test_a_request_that_cannot_be_parsed_is_counted_with_the_status_that_was_sent(server):
    assert server.send(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    metrics = server.dump(requests=1)
    assert metrics.value("gunicorn_http_requests_total", method="__other__", endpoint="__invalid__", status_code="400") == 1


def test_a_request_is_in_flight_until_its_answer_is_complete(server):
    server.metrics()
    server.send_and_leave(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert server.metrics(requests=1).value("gunicorn_worker_requests_in_flight") == 0
    assert server.metrics().value("gunicorn_worker_capacity") == 1000

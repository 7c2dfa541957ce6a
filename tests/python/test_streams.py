"""Server-sent events: a stream lasts as long as its client listens, and is no latency."""

import pytest

from worker_classes import STOCK

FIRST_BYTE = "gunicorn_http_time_to_first_byte_seconds"
DURATION = "gunicorn_http_request_duration_seconds"


@pytest.mark.parametrize("name", STOCK)
def test_a_stream_of_events_is_a_request_without_a_duration(start_worker, name):
    server = start_worker(name, variables={"GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE": "true"})
    assert [server.get(path) for path in ("/", "/events", "/events")] == [200] * 3
    metrics = server.metrics(requests=3)
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/": 1, "/events": 2}
    assert metrics.by(f"{DURATION}_count", "endpoint") == {"/": 1, "/events": 0}
    assert metrics.total("gunicorn_worker_request_duration_seconds_count") == 1
    assert metrics.total("gunicorn_worker_response_size_bytes_count") == 3
    assert metrics.by(f"{FIRST_BYTE}_count", "endpoint") == {"/": 1, "/events": 2}
    # Each stream takes a second and begins at once.
    assert metrics.total("gunicorn_worker_busy_seconds_total") > 1
    assert metrics.total(f"{FIRST_BYTE}_sum") < metrics.total("gunicorn_worker_busy_seconds_total")


@pytest.mark.parametrize("name", ["gthread", "uvicorn"])
def test_the_first_byte_is_recorded_only_on_demand(start_worker, name):
    server = start_worker(name)
    assert server.get("/events") == 200
    assert not server.metrics(requests=1).by(f"{FIRST_BYTE}_count", "endpoint")

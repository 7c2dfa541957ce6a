"""Twenty thousand requests with every outcome, recycled workers and a killed one: no count is lost or doubled."""

import os
import signal
import threading
from collections import Counter

import pytest

from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

REQUESTS = 20_000
SENDERS = 8

#: How many of every 20 requests, with the status that the client must receive.
MIX = ["/"] * 14 + ["/missing"] * 2 + ["/broken", "/crash", "/late-crash", "/torn"]


def answer(server, path: str) -> int:
    """Requests a path until it gets a response: a gthread worker at max_requests drops connections that it has not read."""
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    return next(int(response.split()[1]) for response in (server.send(request) for _ in range(20)) if response)


def send(server, count: int) -> Counter:
    """Sends requests from several threads. Returns the number of requests by path and status."""
    seen: list[Counter] = [Counter() for _ in range(SENDERS)]

    def one(sender: int) -> None:
        for number in range(sender, count, SENDERS):
            path = MIX[number % len(MIX)]
            seen[sender][path, answer(server, path)] += 1

    senders = [threading.Thread(target=one, args=(sender,)) for sender in range(SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    return sum(seen, Counter())


@pytest.mark.parametrize(
    "conf", [HOOKS + PROMETHEUS_WORKER, HOOKS + "worker_class = 'gthread'\nthreads = 4\n"], ids=["sync", "threads"])
def test_counters_equal_what_the_client_counted(start_gunicorn, conf):
    server = start_gunicorn("-w", "4", "--max-requests", "500", "--max-requests-jitter", "100", conf=conf)
    seen = send(server, REQUESTS // 2)
    server.metrics(requests=REQUESTS // 2)
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: len(server.workers()) == 4, "four workers")
    seen += send(server, REQUESTS // 2)

    assert sum(seen.values()) == REQUESTS
    metrics = server.metrics(requests=REQUESTS)
    assert metrics.value("gunicorn_worker_requests_total") == REQUESTS
    assert metrics.value("gunicorn_worker_request_duration_seconds_count") == REQUESTS
    assert metrics.value("gunicorn_http_request_duration_seconds_bucket", le="+Inf") == REQUESTS
    for (path, status), count in seen.items():
        endpoint = "__unmatched__" if status == 404 else path
        assert metrics.value("gunicorn_http_requests_total", endpoint=endpoint, status_code=str(status)) == count
    assert metrics.value("gunicorn_http_requests_total") == REQUESTS
    failed = Counter({str(status): 0 for _, status in seen if status >= 400})
    for (_, status), count in seen.items():
        if status >= 400:
            failed[str(status)] += count
    assert metrics.by("gunicorn_worker_failed_requests_total", "status_code") == failed
    crashes = sum(count for (path, _), count in seen.items() if path in ("/crash", "/late-crash", "/torn"))
    assert metrics.by("gunicorn_worker_error_handling_total", "error_type") == {"ValueError": crashes}
    assert metrics.value("gunicorn_exporter_dropped_total") == 0
    # Every worker that exited was replaced. Series belong to slots, so recycling created none.
    assert metrics.value("gunicorn_master_worker_restarts_total") >= REQUESTS // 600
    assert metrics.by("gunicorn_worker_requests_total", "worker_id").keys() <= {f"worker_{n}" for n in range(1, 6)}

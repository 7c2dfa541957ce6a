"""What the operator chooses in the file is what is recorded and served, from the next reload on."""

import os
import signal
from pathlib import Path
from typing import Any

from exposition import Exposition
from live_gunicorn import HOOKS, LiveGunicorn, wait_for

LATENCY = "gunicorn_http_request_duration_seconds"
REQUESTS = "gunicorn_http_requests_total"


def start(start_gunicorn: Any, file: Path, text: str, workers: int = 1) -> LiveGunicorn:
    file.write_text(text)
    server: LiveGunicorn = start_gunicorn(
        "-w", str(workers), conf=HOOKS, app="chaos_app:app", variables={"GUNICORN_EXPORTER_CONFIG_FILE": str(file)})
    server.wait_until_served()
    return server


def reload(server: LiveGunicorn, file: Path, text: str) -> None:
    """Returns when the workers with the earlier settings are gone."""
    earlier = set(server.workers())
    file.write_text(text)
    os.kill(server.pid, signal.SIGHUP)
    wait_for(lambda: (now := server.workers()) and not earlier & set(now), "new workers")


def bounds(metrics: Exposition) -> list[str]:
    return [labels["le"] for name, labels, _ in metrics.samples if name == f"{LATENCY}_bucket" and labels["endpoint"] == "/ok"]


# 42 of them are the saturation, peaks, refused connections, and threads, descriptors, page faults and context switches of workers.
def test_an_idle_server_of_four_workers_answers_with_at_most_290_lines(start_gunicorn: Any) -> None:
    server = start_gunicorn("-w", "4", conf=HOOKS)
    server.wait_until_served()
    wait_for(lambda: server.metrics().by("gunicorn_worker_state", "state").get("running") == 4, "four workers")
    lines = server.metrics().text.splitlines()
    print(len(lines))
    assert 100 < len(lines) <= 290


def test_each_worker_has_its_own_series_where_the_file_asks_for_them(start_gunicorn: Any, tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    server = start(start_gunicorn, file, "exporter: {families: {per_worker: true}}", workers=2)
    for _ in range(10):
        assert server.get("/ok") == 200
    metrics = server.metrics(requests=10)
    assert sum(metrics.by("gunicorn_worker_request_duration_seconds_count", "worker_id").values()) == 10
    reload(server, file, "exporter: {families: {excluded: [gunicorn_worker_response_*]}}")
    wait_for(lambda: not server.scrape().has("gunicorn_worker_request_duration_seconds_count", worker_id="worker_1"), "the sum")
    metrics = server.metrics()
    assert metrics.value("gunicorn_worker_request_duration_seconds_count") == 10
    assert not metrics.has("gunicorn_worker_response_size_bytes_count")


def test_new_buckets_begin_with_the_next_workers_and_the_old_ones_pass_their_counts_on(start_gunicorn: Any, tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    server = start(start_gunicorn, file, "exporter: {buckets: {latency: [0.000001, 20, 40]}}")
    for _ in range(5):
        assert server.get("/ok") == 200
    assert bounds(server.metrics(requests=5)) == ["1e-06", "20.0", "40.0", "+Inf"]
    reload(server, file, "exporter: {buckets: {latency: [0.000001, 30, 40]}}")
    assert server.get("/ok") == 200
    # As long as the old worker's file is there, only bounds that both files have are served.
    wait_for(lambda: bounds(server.scrape()) == ["1e-06", "30.0", "40.0", "+Inf"], "the new bounds")
    metrics = server.metrics(requests=6)
    assert [metrics.value(f"{LATENCY}_bucket", le=bound) for bound in bounds(metrics)] == [0, 6, 6, 6]


def test_a_health_check_is_not_counted_or_in_one_family_only(start_gunicorn: Any, tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    server = start(start_gunicorn, file, "exporter: {labels: {excluded_routes: [/slow]}}")
    for path in ("/slow", "/ok", "/slow"):
        assert server.get(path) == 200
    metrics = server.metrics(requests=1)
    assert metrics.by(REQUESTS, "endpoint") == {"/ok": 1}
    reload(server, file, "exporter: {labels: {excluded_routes: ['/s*'], excluded_requests: count, latency_status: class}}")
    for path in ("/slow", "/ok", "/missing"):
        server.get(path)
    metrics = server.metrics(requests=3)
    assert metrics.by(REQUESTS, "endpoint") == {"/ok": 2, "__excluded__": 1, "__unmatched__": 1}
    assert metrics.value(f"{LATENCY}_count", endpoint="/ok", status_class="2xx") == 1
    assert metrics.value(f"{LATENCY}_count", endpoint="__unmatched__", status_class="4xx") == 1
    assert metrics.total(f"{LATENCY}_count") == 3

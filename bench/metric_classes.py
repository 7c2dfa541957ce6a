"""What a call of a public metric class costs, beside prometheus_client's labels() in multiprocess mode.

Run by ``make bench`` with the distribution's Python. The contenders take turns in one process. Each of ours and each of
theirs is there twice: the ratio of a pair to itself, the A/A control, says how far to trust the ratios.
"""

import os
import statistics
import sys
import tempfile
from typing import Callable

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "out", "python"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="bench-")

import prometheus_client  # noqa: E402  (the variable above decides its mode)

from hot_path import nanoseconds, version  # noqa: E402

from gunicorn_prometheus_exporter import _engine, engine  # noqa: E402
from gunicorn_prometheus_exporter.metrics import (  # noqa: E402
    WorkerFailedRequests,
    WorkerMemory,
    WorkerRequestDuration,
    WorkerRequests,
)

ROUNDS = 101
#: So few that a round is over before the machine changes its speed.
CALLS = 2_000
ALLOCATION_CALLS = 10_000

Call = Callable[[], object]


def calls() -> "dict[str, tuple[Call, Call]]":
    """What each row of the result compares: ours, and prometheus_client's with the same labels and the same buckets."""
    four = ["worker_id", "method", "endpoint", "status_code"]
    counter = prometheus_client.Counter("peer_requests", "Requests", ["worker_id"])
    wide = prometheus_client.Counter("peer_failed", "Failed requests", four)
    gauge = prometheus_client.Gauge("peer_memory", "Memory", ["worker_id"], multiprocess_mode="livemax")
    # Those of gunicorn_worker_request_duration_seconds.
    bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    histogram = prometheus_client.Histogram("peer_latency", "Latency", ["worker_id"], buckets=bounds)
    return {
        "counter, 1 label": (
            lambda: WorkerRequests().inc(worker_id="worker_1"),
            lambda: counter.labels(worker_id="worker_1").inc(),
        ),
        "counter, 4 labels": (
            lambda: WorkerFailedRequests().inc(
                worker_id="worker_1", method="GET", endpoint="/api/users", status_code="404"),
            lambda: wide.labels(worker_id="worker_1", method="GET", endpoint="/api/users", status_code="404").inc(),
        ),
        "gauge, 1 label": (
            lambda: WorkerMemory().set(52428800, worker_id="worker_1"),
            lambda: gauge.labels(worker_id="worker_1").set(52428800),
        ),
        "histogram, 1 label": (
            lambda: WorkerRequestDuration().observe(0.0123, worker_id="worker_1"),
            lambda: histogram.labels(worker_id="worker_1").observe(0.0123),
        ),
        "counter, 1 label; labels() by place": (
            lambda: WorkerRequests().inc(worker_id="worker_1"),
            lambda: counter.labels("worker_1").inc(),
        ),
        "counter, 4 labels; labels() by place": (
            lambda: WorkerFailedRequests().inc(
                worker_id="worker_1", method="GET", endpoint="/api/users", status_code="404"),
            lambda: wide.labels("worker_1", "GET", "/api/users", "404").inc(),
        ),
        "gauge, 1 label; labels() by place": (
            lambda: WorkerMemory().set(52428800, worker_id="worker_1"),
            lambda: gauge.labels("worker_1").set(52428800),
        ),
        "histogram, 1 label; labels() by place": (
            lambda: WorkerRequestDuration().observe(0.0123, worker_id="worker_1"),
            lambda: histogram.labels("worker_1").observe(0.0123),
        ),
    }


def allocated(call: Call) -> int:
    """Returns the managed bytes that calls allocate, those of asking for them taken off."""
    def of(count: int) -> int:
        before = _engine.statistics()["allocated_bytes"]
        for _ in range(count):
            call()
        return int(_engine.statistics()["allocated_bytes"]) - int(before)

    of(1)
    return of(ALLOCATION_CALLS) - of(0)


def row(name: str, ours: Call, theirs: Call) -> str:
    """Measures one row of the result."""
    contenders = (ours, theirs, ours, theirs, lambda: None)
    rounds = [[nanoseconds(call, CALLS) for call in contenders] for _ in range(ROUNDS)]
    empty = statistics.median(values[-1] for values in rounds)
    # The ratios are those of one round: what slows the machine slows all of a round.
    costs = [[value - empty for value in values] for values in rounds]
    ratios = sorted(cost[1] / cost[0] for cost in costs)
    control = statistics.median(cost[2] / cost[0] for cost in costs)
    client_control = statistics.median(cost[3] / cost[1] for cost in costs)
    return (
        f"| {name} | {statistics.median(cost[0] for cost in costs):.0f} | {statistics.median(cost[1] for cost in costs):.0f} "
        f"| {statistics.median(ratios):.1f} × ({ratios[ROUNDS // 4]:.1f} to {ratios[-1 - ROUNDS // 4]:.1f}) "
        f"| {control:.3f}, {client_control:.3f} | {allocated(ours)} |"
    )


def main() -> None:
    """Measures and writes the result."""
    engine.load()
    rows = calls()
    for ours, theirs in rows.values():
        nanoseconds(ours, CALLS)
        nanoseconds(theirs, CALLS)
    table = "\n".join(row(name, ours, theirs) for name, (ours, theirs) in rows.items())
    machine.write("metric-classes.md", f"""# Calls of the public metric classes

{machine.describe()}; prometheus_client
{version()} in multiprocess mode. `make bench`; medians of {ROUNDS} rounds of {CALLS:,} calls, taking turns in one process, the
cost of an empty call taken off. A call of ours makes the object too: `WorkerRequests().inc(worker_id="worker_1")`.
prometheus_client's is `labels(worker_id="worker_1").inc()`, or where the row says so `labels("worker_1").inc()`.
Bytes are allocated on the managed heap.

| call | ours, ns | prometheus_client, ns | theirs over ours (middle half) | A/A: ours, theirs | bytes of {ALLOCATION_CALLS:,} calls |
|---|---:|---:|---:|---:|---:|
{table}
""")


if __name__ == "__main__":
    main()

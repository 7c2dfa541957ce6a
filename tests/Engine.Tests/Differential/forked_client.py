"""Forks processes that record with prometheus_client itself, every type and gauge mode; argument: the directory."""
import os
import sys

sys.path[:0] = filter(None, [os.environ.get("PROMETHEUS_CLIENT_PATH")])
os.environ["PROMETHEUS_MULTIPROC_DIR"] = sys.argv[1]

from prometheus_client import Counter, Gauge, Histogram, Summary  # noqa: E402

PROCESSES = 5
VALUES = (0.001, 0.5, 1e7, 3.0, float("inf"), 12345678.25)

requests = Counter("app_requests", "Requests \\ with \"quotes\"\nand lines", ["method", "path"])
plain = Counter("app_plain", "No labels")
gauges = [
    Gauge(f"app_gauge_{mode}", f"Gauge {mode}", ["name"], multiprocess_mode=mode)
    for mode in sorted(Gauge._MULTIPROC_MODES)
]
latency = Histogram("app_latency_seconds", "Latency", ["path"])
coarse = Histogram("app_coarse", "Coarse", buckets=(1, 1e6, 2.5e6))
sizes = Summary("app_size_bytes", "Sizes", ["kind"])


def record(process: int) -> None:
    """Record what differs from process to process."""
    for i, value in enumerate(VALUES):
        requests.labels("GET", f"/ü/{i % 3}\n").inc(process + i)
        requests.labels("POST", '"quoted" \\ 🦄').inc(value if value < 1e9 else 1)
        plain.inc()
        for gauge in gauges:
            gauge.labels(f"n{i % 2}").set(value * (process - 2))
        latency.labels(f"/{i % 2}").observe(value)
        coarse.observe(value * process)
        sizes.labels("x" * process).observe(value)


for process in range(PROCESSES):
    pid = os.fork()
    if pid == 0:
        record(process)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        sys.exit(f"process {process} ended with {status}")

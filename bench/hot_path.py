"""What recording one request costs a worker, beside prometheus_client; and what loading the engine costs.

Run by ``make bench`` with the distribution's Python. Every figure is the median of rounds that take turns.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from types import SimpleNamespace
from typing import Callable

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PACKAGES = os.path.join(ROOT, "out", "python")
sys.path.insert(0, PACKAGES)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="bench-")

import prometheus_client  # noqa: E402  (the variable above decides its mode)

from gunicorn.http.wsgi import Response  # noqa: E402

from gunicorn_prometheus_exporter import _engine, request_hooks  # noqa: E402

#: What a browser behind a proxy sends.
HEADERS = [
    ("HOST", "localhost:8000"), ("X-FORWARDED-FOR", "10.0.0.1"), ("USER-AGENT", "Mozilla/5.0"), ("ACCEPT", "*/*"),
    ("ACCEPT-ENCODING", "gzip"), ("CONNECTION", "close"),
    ("TRACEPARENT", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
]

ROUNDS = 9
CALLS = 200_000


def nanoseconds(call: Callable[[], object], calls: int = CALLS) -> float:
    """Returns what one call takes, the loop taken off."""
    indices = range(calls)
    start = time.perf_counter()
    for _ in indices:
        call()
    middle = time.perf_counter()
    for _ in indices:
        pass
    end = time.perf_counter()
    return ((middle - start) - (end - middle)) / calls * 1e9


def peer() -> "tuple[Callable[[], object], Callable[[], object]]":
    """One counter and one histogram of prometheus_client in multiprocess mode: children cached, and with labels()."""
    counter = prometheus_client.Counter("peer_requests", "Requests", ["method", "endpoint", "status"])
    histogram = prometheus_client.Histogram("peer_latency", "Latency", ["method", "endpoint"])
    counted, observed = counter.labels("GET", "/api/users", "200"), histogram.labels("GET", "/api/users")

    def cached() -> None:
        counted.inc()
        observed.observe(0.0123)

    def labelled() -> None:
        counter.labels("GET", "/api/users", "200").inc()
        histogram.labels("GET", "/api/users").observe(0.0123)

    return cached, labelled


def glue() -> Callable[[], object]:
    """Both hooks around a request, as Gunicorn calls them: the status, the size, the record."""
    class Settings(SimpleNamespace):
        def set(self, name: str, value: object) -> None:
            setattr(self, name, value)

    cfg = Settings(pre_request=lambda worker, req: None, post_request=lambda worker, req, environ, resp: None)
    request_hooks.install(SimpleNamespace(cfg=cfg, log=None), _engine)
    request = SimpleNamespace(method="GET", path="/api/users", headers=HEADERS)
    response = Response(request, None, None)
    response.status, response.status_code, response.sent = "200 OK", 200, 512
    pre_request, post_request = cfg.pre_request, cfg.post_request

    def handled() -> None:
        pre_request(None, request)
        post_request(None, request, None, response)

    return handled


def collection() -> float:
    """Returns the nanoseconds that the callback adds to a garbage collection of the youngest generation: a median."""
    added = []
    for _ in range(ROUNDS):
        without = nanoseconds(lambda: gc.collect(0), CALLS // 4)
        gc.callbacks.append(_engine.collecting)
        added.append(nanoseconds(lambda: gc.collect(0), CALLS // 4) - without)
        gc.callbacks.remove(_engine.collecting)
    return statistics.median(added)


def loading() -> "tuple[float, float]":
    """Milliseconds and KiB that importing and opening the engine adds to a fresh process: medians."""
    script = (
        "import sys, tempfile, time, gunicorn_prometheus_exporter.errors\n"
        "def rss():\n"
        "    with open('/proc/self/status') as s: return int(next(l for l in s if l.startswith('VmRSS')).split()[1])\n"
        "before, start = rss(), time.perf_counter()\n"
        "from gunicorn_prometheus_exporter import _engine\n"
        "_engine.open(sys.argv[1], 'worker', True)\n"
        "print((time.perf_counter() - start) * 1e3, rss() - before)\n"
    )
    runs = []
    for _ in range(11):
        with tempfile.TemporaryDirectory() as store:
            command = [sys.executable, "-c", script, store]
            environ = {**os.environ, "PYTHONPATH": PACKAGES}
            runs.append(subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout.split())
    return statistics.median(float(run[0]) for run in runs), statistics.median(float(run[1]) for run in runs)


def main() -> None:
    """Measures and writes the result."""
    _engine.open(os.environ["PROMETHEUS_MULTIPROC_DIR"], "worker", False)
    started, finished = _engine.request_started, _engine.request_finished
    cached, labelled = peer()
    contenders: "dict[str, Callable[[], object]]" = {
        "record": lambda: finished(started("GET", "/api/users", HEADERS), 200, 512),
        "glue": glue(),
        "cached": cached,
        "labelled": labelled,
        "empty": lambda: None,
    }
    times: "dict[str, list[float]]" = {name: [] for name in contenders}
    for call in contenders.values():
        nanoseconds(call)
    for _ in range(ROUNDS):
        for name, call in contenders.items():
            times[name].append(nanoseconds(call))
    median = {name: statistics.median(values) for name, values in times.items()}
    ours, own, client = median["record"] - median["empty"], median["glue"] - median["empty"], median["cached"] - median["empty"]

    _engine.statistics()
    first = _engine.statistics()["allocated_bytes"]
    second = _engine.statistics()["allocated_bytes"]
    for _ in range(100_000):
        finished(started("GET", "/api/users", HEADERS), 200, 512)
    allocated = _engine.statistics()["allocated_bytes"] - second - (second - first)

    milliseconds, kibibytes = loading()
    machine.write("hot-path.md", f"""# Recording a request

{machine.describe()}; prometheus_client
{version()}. `make bench`; medians of {ROUNDS} rounds of {CALLS:,} calls, taking turns in one process, the cost of an empty call taken off.

| what is recorded for one request | ns | prometheus_client, cached, over it |
|---|---:|---:|
| `request_started` and `request_finished`: flight recorder, 4 histograms, 3 counters | {ours:.0f} | {client / ours:.1f} × |
| the same with the glue around it: both hooks, the status, the size | {own:.0f} | {client / own:.1f} × |
| prometheus_client, 1 counter and 1 histogram, children cached | {client:.0f} | 1 |
| prometheus_client, 1 counter and 1 histogram, with labels() | {median["labelled"] - median["empty"]:.0f} | |

Managed bytes allocated by 100,000 requests: {allocated}.

What recording a garbage collection of Python's adds to it, in two calls and with what CPython makes for them: {collection():.0f} ns.

Loading the engine and opening its store in a fresh process: {milliseconds:.1f} ms, {kibibytes / 1024:.1f} MiB more resident
memory (medians of 11 processes).
""")


def version() -> str:
    """Returns the version of prometheus_client."""
    from importlib import metadata

    return metadata.version("prometheus-client")


if __name__ == "__main__":
    main()

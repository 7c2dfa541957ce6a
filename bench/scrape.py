"""What a scrape of a large store costs, beside prometheus_client's own collector on the same files.

Run by ``make bench`` with the distribution's Python. Ours answers over HTTP from its own process, theirs is called
in this one; both read the same files in every round, after every value in them has changed.
"""

import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Callable, Iterator, List, Tuple

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXPORTER = os.path.join(ROOT, "out", "gunicorn-prometheus-exporter")

from prometheus_client import CollectorRegistry, generate_latest  # noqa: E402
from prometheus_client.mmap_dict import MmapedDict, mmap_key  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

FILES = 64
SERIES = 1000
ROUNDS = 15
BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf")


def counters() -> "Tuple[str, List[str]]":
    """The keys of a file of counters: requests by route, method and status."""
    return "counter", [
        mmap_key(
            "app_requests", "app_requests_total", ["method", "endpoint", "status"],
            [("GET", "POST")[i % 2], f"/api/v1/resource_{i // 10}", str(200 + i % 10)], "Requests by route",
        )
        for i in range(SERIES)
    ]


def histograms() -> "Tuple[str, List[str]]":
    """The keys of a file of histograms: the buckets and the sum of each route."""
    keys = []
    for i in range(-(-SERIES // (len(BOUNDS) + 1))):
        labels = ["method", "endpoint"], ["GET", f"/api/v1/resource_{i}"]
        for bound in BOUNDS:
            keys.append(
                mmap_key("app_latency", "app_latency_bucket", labels[0] + ["le"], labels[1] + [bound], "Latency by route"))
        keys.append(mmap_key("app_latency", "app_latency_sum", *labels, "Latency by route"))
    return "histogram", keys[:SERIES]


def change(files: List[MmapedDict], keys: List[str], turn: int) -> None:
    """Gives every series of every file another value."""
    with_time = MmapedDict.write_value.__code__.co_argcount > 3
    for i, file in enumerate(files):
        for j, key in enumerate(keys):
            value = float((i + 1) * (j + 7) + turn)
            file.write_value(key, value, 0.0) if with_time else file.write_value(key, value)


def theirs(directory: str) -> bytes:
    """What an application that uses prometheus_client does at each scrape."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, directory)
    return generate_latest(registry)


@contextlib.contextmanager
def ours(directory: str) -> "Iterator[Callable[[], bytes]]":
    """Runs the exporter on a directory; the function given scrapes it over one connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [EXPORTER, "serve", "--web.listen-address", f"127.0.0.1:{port}", "--multiproc-dir", directory]
    with open(os.devnull, "w", encoding="utf-8") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            connection = connect(port)

            def scrape() -> bytes:
                connection.request("GET", "/metrics")
                return connection.getresponse().read()

            yield scrape
            connection.close()
        finally:
            process.terminate()


def connect(port: int) -> http.client.HTTPConnection:
    """Waits for the exporter to listen, at most ten seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(1000):
        try:
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except ConnectionRefusedError:
            time.sleep(0.01)
    raise TimeoutError("the exporter did not listen within ten seconds")


def samples(text: bytes) -> "dict[Tuple[str, Tuple[Tuple[str, str], ...]], float]":
    """The application's samples of an exposition, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode("utf-8"))
        for sample in family.samples
        if sample.name.startswith("app_")
    }


def milliseconds(call: "Callable[[], bytes]") -> "Tuple[float, bytes]":
    """What one call takes, and what it gives."""
    start = time.perf_counter()
    text = call()
    return (time.perf_counter() - start) * 1e3, text


def measure(kind: str, keys: List[str]) -> "Tuple[float, float, float, int]":
    """Medians of ours and theirs, our first scrape, and how many samples were proven equal in each round."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        files = [MmapedDict(os.path.join(directory, f"{kind}_{1000 + i}.db")) for i in range(FILES)]
        change(files, keys, 0)
        our_times, their_times, compared = [], [], 0
        with ours(directory) as scrape:
            first, _ = milliseconds(scrape)
            for turn in range(ROUNDS):
                change(files, keys, turn)
                our_time, our_text = milliseconds(scrape)
                their_time, their_text = milliseconds(lambda: theirs(directory))
                expected = samples(their_text)
                if samples(our_text) != expected:
                    sys.exit(f"{kind}: the expositions differ in round {turn}")
                compared = len(expected)
                our_times.append(our_time)
                their_times.append(their_time)
        for file in files:
            file.close()
        return statistics.median(our_times), statistics.median(their_times), first, compared


def main() -> None:
    """Measures both kinds of files and writes the table."""
    import prometheus_client.mmap_dict as client  # the version shows in the layout

    rows = []
    for kind, keys in (counters(), histograms()):
        our_time, their_time, first, compared = measure(kind, keys)
        rows.append(
            f"| {FILES} files × {len(keys):,} {kind} entries, {compared:,} samples out | {our_time:.2f} | "
            f"{their_time:.0f} | {their_time / our_time:.0f} × | {first:.1f} |")
    layout = "with" if hasattr(client, "_pack_two_doubles") else "without"
    machine.write("scrape.md", f"""# Scraping a store

{machine.describe()}; prometheus_client {version()}, files {layout} timestamps. `make bench`; medians of {ROUNDS} rounds
that take turns. Every value changes before every round, and in every round all samples are proven equal.
Ours is timed over HTTP, another process answering; theirs is `MultiProcessCollector` and `generate_latest`,
called in-process.

| store | ours, ms | prometheus_client, ms | ratio | our first scrape, ms |
|---|---:|---:|---:|---:|
""" + "\n".join(rows) + "\n")


def version() -> str:
    """The installed version of prometheus_client."""
    from importlib.metadata import version as installed

    return installed("prometheus_client")


if __name__ == "__main__":
    main()

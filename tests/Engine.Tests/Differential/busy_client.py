"""Records new and old series with prometheus_client as fast as it can, the file growing; argument: the directory."""
import os
import sys

sys.path[:0] = filter(None, [os.environ.get("PROMETHEUS_CLIENT_PATH")])
os.environ["PROMETHEUS_MULTIPROC_DIR"] = sys.argv[1]

from prometheus_client import Counter, Histogram  # noqa: E402

every = Counter("busy_all", "Every turn")
some = Counter("busy_some", "Some turns", ["n"])
latency = Histogram("busy_latency", "Latency", ["n"])

for i in range(20_000):
    every.inc()
    some.labels(str(i // 4)).inc()
    latency.labels(str(i // 100)).observe(i % 7)

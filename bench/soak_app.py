"""The application of the soak: it has metrics of its own, and the paths that clients take turns in."""

from collections.abc import Iterable
from typing import Any, Callable

from prometheus_client import Counter, Gauge, Histogram

VISITS = Counter("soak_visits", "Visits", ["page"])
SIZE = Histogram("soak_size_bytes", "Sizes of paths", buckets=[4, 8, 16])
BUSY = Gauge("soak_busy", "Requests at work", multiprocess_mode="livesum")


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers as the path says."""
    path = environ["PATH_INFO"]
    with BUSY.track_inprogress():
        VISITS.labels(path).inc()
        SIZE.observe(len(path))
        status = "404 Not Found" if path == "/missing" else "200 OK"
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]

"""An application that creates its own prometheus_client metrics when it is imported."""

import os

from prometheus_client import Counter, Histogram, generate_latest

HITS = Counter("hits", "Requests of this application")
TIMES = Histogram("times", "Times of this application")


def app(environ, start_response):
    """Counts the request and responds with the process's own count."""
    HITS.inc()
    TIMES.observe(0.1)
    start_response("200 OK", [("Content-Type", "text/plain")])
    generate_latest()
    return [f"{int(HITS._value.get())} {'PROMETHEUS_MULTIPROC_DIR' in os.environ}".encode()]

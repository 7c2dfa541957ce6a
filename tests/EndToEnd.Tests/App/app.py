"""The application under test: every outcome on demand, and every kind of metric that prometheus_client has."""

import os
import time

from prometheus_client import Counter, Gauge, Histogram, Summary

VISITS = Counter("app_visits", "Visits", ["page"])
LATENCY = Histogram("app_latency_seconds", "Latency")
SIZE = Summary("app_size_bytes", "Size")
GAUGES = {
    mode: Gauge(f"app_level_{mode}", f"A level of mode {mode}", multiprocess_mode=mode)
    for mode in ("all", "liveall", "min", "max", "livesum")
}


def app(environ, start_response):
    path = environ["PATH_INFO"]
    VISITS.labels(path if path.startswith("/status/") else "other").inc()
    LATENCY.observe(0.02)
    SIZE.observe(len(path))
    for gauge in GAUGES.values():
        gauge.set(os.getpid() % 1000)
    if path.startswith("/status/"):
        start_response(f"{path[8:]} Whatever", [("Content-Length", "2")])
        return [b"ok"]
    if path.startswith("/sleep/"):
        time.sleep(float(path[7:]))
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    if path.startswith("/hang/"):
        time.sleep(float(path.split("/")[2]))
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    if path.startswith("/begin/"):
        start_response("202 Accepted", [("Content-Length", "4")])
        return begin(float(path[7:]))
    if path.startswith("/page/"):
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    if path == "/hostile":
        raise type("<script>document.title='owned'</script>\u202e", (Exception,), {})
    if path == "/raise":
        raise ValueError("on purpose")
    start_response("404 Not Found", [("Content-Length", "0")])
    return []


def begin(seconds):
    """The first half of a response, and a while later the second."""
    yield b"ha"
    time.sleep(seconds)
    yield b"lf"

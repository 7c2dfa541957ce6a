"""A small WSGI application with a metric of its own, which the exporter serves along with Gunicorn's."""

from collections.abc import Iterable
from typing import Any, Callable

from prometheus_client import Counter

ORDERS = Counter("demo_orders", "Orders taken, by product", ["product"])


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answers /order/ID with 200, /broken with 500, /crash with an exception and everything else with 404."""
    path = environ["PATH_INFO"]
    if path.startswith("/order/"):
        ORDERS.labels(product="tea").inc()
        return _answer(start_response, "200 OK", b"thank you\n")
    if path == "/broken":
        return _answer(start_response, "500 Internal Server Error", b"broken\n")
    if path == "/crash":
        raise ValueError("the demo's own exception")
    return _answer(start_response, "404 Not Found", b"no such page\n")


def _answer(start_response: Callable[..., Any], status: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]

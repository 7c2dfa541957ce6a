"""Requests that an ASGI server could not parse, which no application sees."""

import sys
from types import ModuleType
from typing import Any


def install(worker: Any, engine: ModuleType) -> None:
    """Wraps what answers such requests, in Uvicorn or in Gunicorn's own server."""
    config = getattr(worker, "config", None)
    if config is None:
        _watch_gunicorn(engine)
        return
    stock_load = config.load

    # Only then has Uvicorn chosen its parser.
    def load() -> None:
        stock_load()
        _watch_uvicorn(config.http_protocol_class, engine)

    config.load = load


def _watch_gunicorn(engine: ModuleType) -> None:
    from gunicorn.asgi.protocol import ASGIProtocol

    stock = ASGIProtocol._send_error_response

    def _send_error_response(self: Any, status: int, message: str) -> Any:
        # A request that was parsed is the middleware's, whatever became of its body.
        if status < 500 and getattr(self, "_current_request", None) is None:
            _count(engine, status)
        return stock(self, status, message)

    ASGIProtocol._send_error_response = _send_error_response


def _watch_uvicorn(protocol: Any, engine: ModuleType) -> None:
    stock = getattr(protocol, "send_400_response", None)
    if stock is None:
        return

    def send_400_response(self: Any, message: str) -> None:
        cycle = getattr(self, "cycle", None)
        if cycle is None or cycle.response_complete:
            _count(engine, 400)
        stock(self, message)

    protocol.send_400_response = send_400_response


def _count(engine: ModuleType, status: int) -> None:
    error = sys.exc_info()[0]
    engine.request_invalid(status, "BadRequest" if error is None else error.__name__)

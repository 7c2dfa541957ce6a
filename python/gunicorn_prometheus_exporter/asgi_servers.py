"""What ASGI servers do that no application sees: refuse what they cannot parse, and take the order to end."""

from types import FrameType, ModuleType
from typing import Any, Optional

from .outcome import error_in_hand


def install(worker: Any, engine: ModuleType) -> None:
    """Wraps what Uvicorn, or Gunicorn's own server, does then."""
    config = getattr(worker, "config", None)
    if config is None:
        _watch_gunicorn(engine)
    else:
        _watch_uvicorn(worker, config, engine)


def _watch_gunicorn(engine: ModuleType) -> None:
    from gunicorn.asgi.protocol import ASGIProtocol

    stock = ASGIProtocol._send_error_response

    def _send_error_response(self: Any, status: int, message: str) -> Any:
        # A request that was parsed is the middleware's, whatever became of its body.
        if status < 500 and getattr(self, "_current_request", None) is None:
            engine.request_invalid(status, error_in_hand())
        return stock(self, status, message)

    ASGIProtocol._send_error_response = _send_error_response


def _watch_uvicorn(worker: Any, config: Any, engine: ModuleType) -> None:
    from uvicorn.server import Server

    stock_load = config.load
    stock_handle_exit = Server.handle_exit

    # Only then has Uvicorn chosen its parser.
    def load() -> None:
        stock_load()
        _watch_parser(config.http_protocol_class, engine)

    # Uvicorn takes the signals away from Gunicorn.
    def handle_exit(self: Any, signum: int, frame: Optional[FrameType]) -> None:
        worker.note_order()
        stock_handle_exit(self, signum, frame)

    config.load = load
    Server.handle_exit = handle_exit


def _watch_parser(protocol: Any, engine: ModuleType) -> None:
    stock = getattr(protocol, "send_400_response", None)
    if stock is None:
        return

    def send_400_response(self: Any, message: str) -> None:
        cycle = getattr(self, "cycle", None)
        if cycle is None or cycle.response_complete:
            engine.request_invalid(400, error_in_hand())
        stock(self, message)

    protocol.send_400_response = send_400_response

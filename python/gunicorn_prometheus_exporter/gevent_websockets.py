"""Records the WebSockets of gevent-websocket, which extends the handler of gevent's WSGI server."""

import sys
from types import ModuleType
from typing import Any

from . import routes
from .guard import call, fault
from .outcome import is_client_gone, size_of
from .private_names import wrap

_NORMAL = 1000
_ABNORMAL = 1006
_FAILED = 1011


def install(handler: type, engine: ModuleType) -> None:
    """Patches the handler and its WebSockets so that the engine records them."""
    wrap("geventwebsocket.handler:WebSocketHandler.run_websocket", lambda stock: _running(stock, engine), handler)
    for name, make in (("receive", _receiving), ("send", _sending), ("close", _closing)):
        wrap(f"geventwebsocket.websocket:WebSocket.{name}", lambda stock, make=make: make(stock, engine))  # type: ignore[misc]


def _running(stock: Any, engine: ModuleType) -> Any:
    def run_websocket(self: Any, *arguments: Any, **named: Any) -> Any:
        # The handshake does not count as a request: the connection may last for hours.
        call("WebSockets", _begin, self, engine)
        try:
            return stock(self, *arguments, **named)
        finally:
            call("WebSockets", _end, self, engine, _NORMAL)

    return run_websocket


def _receiving(stock: Any, engine: ModuleType) -> Any:
    def receive(self: Any, *arguments: Any, **named: Any) -> Any:
        handler = self.handler
        if not _is_ours(handler):
            return stock(self, *arguments, **named)
        call("WebSockets", engine.websocket_accepted, handler.prometheus_token)
        try:
            message = stock(self, *arguments, **named)
        except Exception:
            call("WebSockets", _end, handler, engine, _ABNORMAL)
            raise
        if message is not None:
            call("WebSockets", engine.websocket_message, handler.prometheus_token, False, size_of(message))
        return message

    return receive


def _sending(stock: Any, engine: ModuleType) -> Any:
    def send(self: Any, message: Any, *arguments: Any, **named: Any) -> Any:
        if _is_ours(self.handler):
            call("WebSockets", engine.websocket_accepted, self.handler.prometheus_token)
            call("WebSockets", _send, self.handler, engine, message)
        return stock(self, message, *arguments, **named)

    return send


def _closing(stock: Any, engine: ModuleType) -> Any:
    def close(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            if _is_ours(self.handler):
                _end(self.handler, engine, arguments[0] if arguments else named.get("code") or _code_in_hand())
        except Exception:
            fault("WebSockets")
        return stock(self, *arguments, **named)

    return close


def _is_ours(handler: Any) -> bool:
    """Returns whether the worker's own server has the WebSocket, and not one that the application started in its process."""
    return hasattr(handler, "prometheus_token")


def _begin(handler: Any, engine: ModuleType) -> None:
    engine.request_abandoned(handler.prometheus_token)
    handler.prometheus_token = handler.environ[routes.TOKEN] = engine.websocket_started(handler.environ["PATH_INFO"])


def _send(handler: Any, engine: ModuleType, message: Any) -> None:
    engine.websocket_message(handler.prometheus_token, True, size_of(message))


def _end(handler: Any, engine: ModuleType, code: int) -> None:
    # Only now or at the first use of the WebSocket has a framework found its route.
    engine.websocket_accepted(handler.prometheus_token)
    engine.websocket_ended(handler.prometheus_token, code)


def _code_in_hand() -> int:
    """Returns the code for a WebSocket that is closed without one, perhaps because of an exception."""
    error = sys.exc_info()[1]
    if error is None:
        return _NORMAL
    is_lost = is_client_gone(error) or type(error).__module__.startswith("geventwebsocket.")
    return _ABNORMAL if is_lost or not isinstance(error, Exception) else _FAILED

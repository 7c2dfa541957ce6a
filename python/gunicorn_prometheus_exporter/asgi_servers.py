"""Records what ASGI servers do outside the application: reject requests, and handle stop signals."""

import sys
from types import ModuleType
from typing import Any, Callable

from . import routes
from .asgi_websockets import ABNORMAL
from .guard import call, fault
from .outcome import error_in_hand
from .private_names import read, wrap

_INVALID = "requests that could not be parsed"


#: Returns an ASGI application that counts the requests of another one.
Counted = Callable[[Any, ModuleType], Any]


def install(worker: Any, engine: ModuleType, counted: Counted) -> None:
    config = getattr(worker, "config", None)
    if config is None:
        _watch_gunicorn(engine)
    else:
        _watch_uvicorn(worker, config, engine, counted)


def _watch_gunicorn(engine: ModuleType) -> None:
    def counting(stock: Any) -> Any:
        def _send_error_response(self: Any, *arguments: Any, **named: Any) -> Any:
            try:
                status = named["status"] if "status" in named else arguments[0]
                # The middleware counts every request that was parsed, even if its body was invalid.
                if status < 500 and getattr(self, "_current_request", None) is None:
                    engine.request_invalid(status, error_in_hand())
            except Exception:
                fault(_INVALID)
            return stock(self, *arguments, **named)

        return _send_error_response

    def closing(stock: Any) -> Any:
        # Gunicorn does not notify an application of a close frame from the client, so the application waits forever.
        async def _handle_close(self: Any, *arguments: Any, **named: Any) -> Any:
            done = await stock(self, *arguments, **named)
            call("WebSockets", _end_websocket, engine, self, self.close_code)
            return done

        return _handle_close

    wrap("gunicorn.asgi.protocol:ASGIProtocol._send_error_response", counting)
    wrap("gunicorn.asgi.websocket:WebSocketProtocol._handle_close", closing)


def _watch_uvicorn(worker: Any, config: Any, engine: ModuleType, counted: Counted) -> None:
    def watching(stock: Any) -> Any:
        # Uvicorn chooses its parser in load.
        def load(*arguments: Any, **named: Any) -> Any:
            loaded = stock(*arguments, **named)
            call(_INVALID, _watch_parser, config, engine, counted)
            call("WebSockets", _watch_websockets, config, engine)
            return loaded

        return load

    def noting(stock: Any) -> Any:
        # Uvicorn replaces Gunicorn's signal handlers.
        def handle_exit(self: Any, *arguments: Any, **named: Any) -> Any:
            worker.note_order()
            return stock(self, *arguments, **named)

        return handle_exit

    wrap("uvicorn.config:Config.load", watching, config)
    wrap("uvicorn.server:Server.handle_exit", noting)


def _watch_parser(config: Any, engine: ModuleType, counted: Counted) -> None:
    protocol = read("uvicorn.config:Config.http_protocol_class", None, config)
    if protocol is None:
        return

    def counting(stock: Any) -> Any:
        def send_400_response(self: Any, *arguments: Any, **named: Any) -> Any:
            try:
                cycle = getattr(self, "cycle", None)
                if cycle is None or cycle.response_complete:
                    engine.request_invalid(400, error_in_hand())
            except Exception:
                fault(_INVALID)
            return stock(self, *arguments, **named)

        return send_400_response

    wrap("uvicorn.protocols.http:HttpToolsProtocol.send_400_response", counting, protocol)
    # With limit_concurrency, requests past the limit go to this application instead of the worker's.
    wrap("uvicorn.protocols.http.flow_control:service_unavailable",
         lambda stock: counted(stock, engine), sys.modules[protocol.__module__])


def _watch_websockets(config: Any, engine: ModuleType) -> None:
    protocol = read("uvicorn.config:Config.ws_protocol_class", None, config)
    if protocol is None or protocol.__module__ != "uvicorn.protocols.websockets.wsproto_impl":
        return

    def losing(stock: Any) -> Any:
        # In some versions, the application waits forever if the client disconnects without a close frame.
        def connection_lost(self: Any, *arguments: Any, **named: Any) -> Any:
            done = stock(self, *arguments, **named)
            if self.queue.empty():
                call("WebSockets", _end_websocket, engine, self, ABNORMAL)
            return done

        return connection_lost

    wrap("uvicorn.protocols.websockets.wsproto_impl:WSProtocol.connection_lost", losing, protocol)


def _end_websocket(engine: ModuleType, protocol: Any, code: int) -> None:
    # The engine ignores the call if the WebSocket is already closed. Without a scope there was no handshake.
    token = getattr(protocol, "scope", {}).get(routes.TOKEN)
    if token is not None:
        engine.websocket_ended(token, code)

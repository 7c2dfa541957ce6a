"""Records requests with a middleware around an ASGI application, because the servers' own hooks lack most of the data."""

import asyncio
import inspect
from collections.abc import Awaitable, MutableMapping
from types import ModuleType
from typing import Any, Callable, Union

import gunicorn

from . import asgi_servers, failures, routes
from .asgi_websockets import WebSocket
from .guard import call, fault
from .outcome import CLIENT_CLOSED_REQUEST, INTERNAL_SERVER_ERROR, error_of, is_client_gone
from .private_names import put

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_ATTRIBUTES = {"asgi": "gunicorn.workers.gasgi:ASGIWorker.asgi", "wsgi": "gunicorn.workers.base:Worker.wsgi"}

_REQUESTS = "requests"

_BODILESS = frozenset((204, 304))

#: How many parts of a body that the application did not read are skipped: a client may send them forever.
_MOST_UNREAD = 16


def install(worker: Any, engine: ModuleType) -> None:
    """Wraps the application that the worker has loaded."""
    attribute = "asgi" if hasattr(worker, "asgi") else "wsgi"
    application = getattr(worker, attribute)
    if not _is_asgi3(worker, application):
        worker.log.warning("Requests are not counted: %r is not an ASGI 3 application", application)
        return
    # Gunicorn's own class reports before version 26 that the client left as soon as the application has read the body.
    sees_client = attribute == "wsgi" or gunicorn.version_info >= (26,)
    put(_ATTRIBUTES[attribute], counted(application, engine, sees_client), worker)
    call("requests that could not be parsed", asgi_servers.install, worker, engine, counted)
    routes.install(engine)


def counted(application: Application, engine: ModuleType, sees_client: bool = True) -> Application:
    """Wraps an application. ``sees_client``: whether the server reports only a client that left as disconnected."""
    describe = engine.request_described if engine.has_extra_labels() else None

    async def count(scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Union[Exchange, WebSocket, None] = None
        try:
            if scope["type"] == "http":
                exchange = Exchange(engine, scope, send)
                if describe is not None:
                    describe(scope[routes.TOKEN], scope.get("scheme", "http"), scope["headers"])
            elif scope["type"] == "websocket":
                exchange = WebSocket(engine, scope, receive, send)
                receive = exchange.receive
        except Exception:
            fault(_REQUESTS)
        if exchange is None:
            await application(scope, receive, send)
            return
        try:
            await application(scope, receive, exchange.send)
            if sees_client and isinstance(exchange, Exchange) and not exchange.has_status:
                await exchange.look_for_client(receive)
        except BaseException as error:
            exchange.fail(error)
            raise
        finally:
            exchange.finish()

    return count


class Exchange:
    """One request and its response."""

    __slots__ = ("_engine", "_failed_status", "_is_client_gone", "_is_head", "_is_open", "_send", "_sent", "_status", "_token")

    def __init__(self, engine: ModuleType, scope: Scope, send: Send) -> None:
        # Request, step 2: the server has parsed it.
        method = scope["method"]
        self._token = scope[routes.TOKEN] = engine.request_started(method, scope["path"], scope["headers"])
        self._engine = engine
        self._send = send
        self._status = 0
        self._failed_status = INTERNAL_SERVER_ERROR
        self._sent = 0
        self._is_head = method == "HEAD"
        self._is_open = True
        self._is_client_gone = False

    async def send(self, message: Message) -> None:
        is_last = False
        try:
            is_last = self._see(message)
        except Exception:
            fault(_REQUESTS)
        try:
            await self._send(message)
        except OSError:
            self._is_client_gone = True
            raise
        # Work after the response is not part of the request. An error response does not finish it yet: frameworks send
        # the response, then raise the exception.
        if is_last and 0 < self._status < INTERNAL_SERVER_ERROR:
            self.finish()

    def _see(self, message: Message) -> bool:
        """Records a part of the response before it is sent; returns whether it is the last."""
        kind = message["type"]
        if kind == "http.response.start" and not self._status:
            self._status = message["status"]
            self._engine.request_responding(self._token, self._status, message.get("headers"))
        elif kind == "http.response.body":
            if not self._is_head and self._status not in _BODILESS:
                self._sent += len(message.get("body", b""))
            return not message.get("more_body", False)
        return False

    @property
    def has_status(self) -> bool:
        return self._status != 0

    async def look_for_client(self, receive: Receive) -> None:
        """Finds out whether the client left, because the application returned without a response."""
        try:
            for _ in range(_MOST_UNREAD):
                message = asyncio.ensure_future(receive())
                await asyncio.sleep(0)
                if not message.done():
                    message.cancel()
                    return
                if message.result()["type"] == "http.disconnect":
                    self._failed_status = CLIENT_CLOSED_REQUEST
                    return
        except Exception:
            fault(_REQUESTS)

    def fail(self, error: BaseException) -> None:
        try:
            if isinstance(error, asyncio.CancelledError) or self._is_client_gone or is_client_gone(error):
                self._failed_status = CLIENT_CLOSED_REQUEST
            elif self._is_open and error_of(error) is not None:
                failures.report(self._engine, self._token, type(error).__name__, error.__traceback__)
        except Exception:
            fault(_REQUESTS)

    def finish(self) -> None:
        # Request, step 4.
        if self._is_open:
            self._is_open = False
            try:
                self._engine.request_finished(self._token, self._status or self._failed_status, self._sent)
            except Exception:
                fault(_REQUESTS)
                call(_REQUESTS, self._engine.request_abandoned, self._token)


def _is_asgi3(worker: Any, application: Any) -> bool:
    interface = getattr(getattr(worker, "config", None), "interface", "asgi3")
    if interface != "auto":
        return interface == "asgi3"
    # Uvicorn distinguishes the versions in the same way.
    if inspect.isclass(application):
        return hasattr(application, "__await__")
    function = application if inspect.isfunction(application) else getattr(application, "__call__", None)  # noqa: B004
    return inspect.iscoroutinefunction(function)

"""Records requests of a Tornado server, for WSGI and Tornado applications, between its HTTP server and the connection."""

from types import ModuleType
from typing import Any, Callable, Optional

from . import routes
from .guard import call, fault
from .outcome import CLIENT_CLOSED_REQUEST, INTERNAL_SERVER_ERROR, error_in_hand, error_of
from .private_names import wrap
from .status_probe import status_in

_BAD_REQUEST = 400
_REQUESTS = "requests"

#: Records the extra labels of a request; None without any.
_Describe = Optional[Callable[[int, str, Any], None]]


def install(worker: Any, engine: ModuleType) -> None:
    """Wraps Tornado's HTTPServer, but records only the worker's server: the application may run others."""
    describe = engine.request_described if engine.has_extra_labels() else None

    def watching(stock: Any) -> Any:
        def start_request(server: Any, *arguments: Any, **named: Any) -> Any:
            delegate = stock(server, *arguments, **named)
            try:
                if server is getattr(worker, "server", None):
                    return _watched(engine, describe, delegate, *arguments, **named)
            except Exception:
                fault(_REQUESTS)
            return delegate

        return start_request

    def leaving(stock: Any) -> Any:
        def on_close(server: Any, *arguments: Any, **named: Any) -> Any:
            done = stock(server, *arguments, **named)
            try:
                exchange = getattr(arguments[0], "prometheus_exchange", None)
                if exchange is not None:
                    exchange.leave()
            except Exception:
                fault(_REQUESTS)
            return done

        return on_close

    wrap("tornado.httpserver:HTTPServer.start_request", watching)
    wrap("tornado.httpserver:HTTPServer.on_close", leaving)
    wrap("tornado.web:RequestHandler.log_exception", lambda stock: _failing(stock, engine))
    call(_REQUESTS, _watch_container)
    if routes.install(engine):
        wrap("tornado.wsgi:WSGIContainer.environ", _with_token)


def _watched(engine: ModuleType, describe: _Describe, delegate: Any, server_connection: Any, connection: Any) -> "Exchange":
    exchange = Exchange(engine, describe, delegate, connection)
    if not hasattr(server_connection, "prometheus_exchange"):
        _watch_stream(server_connection, connection.stream)
    server_connection.prometheus_exchange = exchange
    return exchange


def _watch_stream(server_connection: Any, stream: Any) -> None:
    def seeing(stock: Any) -> Any:
        # Tornado writes its response to an unparsable request directly to the stream.
        def write(data: Any, *arguments: Any, **named: Any) -> Any:
            try:
                server_connection.prometheus_exchange.see(data)
            except Exception:
                fault(_REQUESTS)
            return stock(data, *arguments, **named)

        return write

    wrap("tornado.iostream:IOStream.write", seeing, stream)


def _failing(stock: Any, engine: ModuleType) -> Any:
    # Tornado applications handle their exceptions, then log them.
    def log_exception(handler: Any, *arguments: Any, **named: Any) -> Any:
        try:
            from tornado.web import HTTPError

            error = arguments[1]
            exchange = getattr(handler.request.connection, "prometheus_exchange", None)
            if exchange is not None and isinstance(error, Exception) and not isinstance(error, HTTPError):
                engine.request_failed(exchange.token, type(error).__name__)
        except Exception:
            fault("exceptions of requests")
        return stock(handler, *arguments, **named)

    return log_exception


def _watch_container() -> None:
    from tornado.wsgi import WSGIContainer

    def failing(stock: Any) -> Any:
        # Since Tornado 6.3 it runs in its own task, and no caller sees its exceptions.
        async def handle_request(container: Any, request: Any, *arguments: Any, **named: Any) -> Any:
            try:
                return await stock(container, request, *arguments, **named)
            except BaseException as error:
                exchange = getattr(getattr(request, "connection", None), "prometheus_exchange", None)
                if exchange is not None:
                    exchange.fail(error)
                raise

        return handle_request

    if hasattr(WSGIContainer, "handle_request"):
        wrap("tornado.wsgi:WSGIContainer.handle_request", failing)


def _with_token(stock: Any) -> Any:
    # The last argument is the request. Earlier versions have a static method without the container.
    def environ(*arguments: Any, **named: Any) -> Any:
        made = stock(*arguments, **named)
        try:
            exchange = getattr(arguments[-1].connection, "prometheus_exchange", None)
            made[routes.TOKEN] = None if exchange is None else exchange.token
        except Exception:
            fault("routes")
        return made

    return environ


class Exchange:
    """One request and its response. It wraps Tornado's delegate for the request and the connection's methods for the response."""

    def __init__(self, engine: ModuleType, describe: _Describe, delegate: Any, connection: Any) -> None:
        self._engine = engine
        self._describe = describe
        self._delegate = delegate
        #: The engine's token of the request, while it is in flight.
        self.token: Optional[int] = None
        self._is_complete = False
        self._is_over = False
        self._status = 0
        self._sent = 0
        self._context = getattr(connection, "context", None)
        connection.prometheus_exchange = self
        for name, make in (("write_headers", self._with_status), ("write", self._with_size), ("finish", self._with_end)):
            wrap("tornado.http1connection:HTTP1Connection." + name, make, connection)

    def headers_received(self, start_line: Any, headers: Any) -> Any:
        # Request, step 2: the server has parsed it.
        try:
            path = start_line.path.partition("?")[0]
            pairs = list(headers.get_all())
            self.token = self._engine.request_started(start_line.method, path, pairs)
            if self._describe is not None:
                self._describe(self.token, getattr(self._context, "protocol", "http"), pairs)
        except Exception:
            fault(_REQUESTS)
        return self._call(self._delegate.headers_received, start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        return self._call(self._delegate.data_received, chunk)

    def finish(self) -> None:
        """Runs the application: the request is complete."""
        self._is_complete = True
        self._call(self._delegate.finish)

    def on_connection_close(self) -> None:
        self._delegate.on_connection_close()

    def see(self, data: Any) -> None:
        """Records data sent to the client: before any response it is a rejection of the request."""
        if self._status or self._is_over or status_in(data) < _BAD_REQUEST:
            return
        if self.token is None:
            self._is_over = True
            self._engine.request_invalid(status_in(data), error_in_hand())
        else:
            self._end(status_in(data))

    def leave(self) -> None:
        """Finishes or abandons the request, because the connection is closed."""
        if self._is_complete or self._status:
            self._end(self._status or CLIENT_CLOSED_REQUEST)
        elif self.token is not None:
            self._engine.request_abandoned(self.token)
            self.token = None

    def fail(self, error: BaseException) -> None:
        try:
            if self.token is not None:
                if error_of(error) is not None:
                    self._engine.request_failed(self.token, type(error).__name__)
                self._end(self._status or INTERNAL_SERVER_ERROR)
        except Exception:
            fault(_REQUESTS)

    def _call(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except BaseException as error:
            self.fail(error)
            raise

    def _with_status(self, stock: Any) -> Any:
        def write_headers(start_line: Any, headers: Any, chunk: Optional[bytes] = None, *arguments: Any, **named: Any) -> Any:
            try:
                self._status = start_line.code
                self._sent += len(chunk or b"")
                if self.token is not None:
                    self._engine.request_responding(self.token, self._status, list(headers.get_all()))
            except Exception:
                fault(_REQUESTS)
            return stock(start_line, headers, chunk, *arguments, **named)

        return write_headers

    def _with_size(self, stock: Any) -> Any:
        def write(chunk: Any, *arguments: Any, **named: Any) -> Any:
            try:
                self._sent += len(chunk)
            except Exception:
                fault("sizes of responses")
            return stock(chunk, *arguments, **named)

        return write

    def _with_end(self, stock: Any) -> Any:
        def finish(*arguments: Any, **named: Any) -> Any:
            try:
                return stock(*arguments, **named)
            finally:
                self._end(self._status or INTERNAL_SERVER_ERROR)

        return finish

    def _end(self, status: int) -> None:
        # Request, step 4.
        if self.token is not None:
            token, self.token, self._is_over = self.token, None, True
            try:
                self._engine.request_finished(token, status, self._sent)
            except Exception:
                fault(_REQUESTS)
                call(_REQUESTS, self._engine.request_abandoned, token)

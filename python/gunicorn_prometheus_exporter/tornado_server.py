"""Records requests of a Tornado server, for WSGI and Tornado applications, between its HTTP server and the connection."""

from types import ModuleType
from typing import Any, Callable, Optional

from . import failures, routes
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
                    server_connection, connection = arguments
                    exchange = Exchange(engine, describe, delegate, connection)
                    server_connection.prometheus_exchange = exchange
                    connection.prometheus_exchange = exchange
                    stream = connection.stream
                    stream.prometheus_exchange = exchange
                    return exchange
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
    wrap("tornado.http1connection:HTTP1Connection.write_headers", _with_status)
    wrap("tornado.http1connection:HTTP1Connection.write", _with_size)
    wrap("tornado.http1connection:HTTP1Connection.finish", _with_end)
    wrap("tornado.iostream:IOStream.write", _with_rejection)
    wrap("tornado.web:RequestHandler.log_exception", lambda stock: _failing(stock, engine))
    call(_REQUESTS, _watch_container)
    if routes.install(engine):
        wrap("tornado.wsgi:WSGIContainer.environ", _with_token)


# The methods of the connection and its stream are wrapped on their classes, which the application's own clients and servers use too.
# Their connections have no exchange. A wrapper on each connection would make every request leave a reference cycle to the collector.
def _with_status(stock: Any) -> Any:
    def write_headers(
            connection: Any, start_line: Any, headers: Any, chunk: Optional[bytes] = None, *arguments: Any, **named: Any) -> Any:
        try:
            exchange = getattr(connection, "prometheus_exchange", None)
            if exchange is not None:
                exchange.respond(start_line.code, headers, chunk)
        except Exception:
            fault(_REQUESTS)
        return stock(connection, start_line, headers, chunk, *arguments, **named)

    return write_headers


def _with_size(stock: Any) -> Any:
    def write(connection: Any, chunk: Any, *arguments: Any, **named: Any) -> Any:
        try:
            exchange = getattr(connection, "prometheus_exchange", None)
            if exchange is not None:
                exchange.send(chunk)
        except Exception:
            fault("sizes of responses")
        return stock(connection, chunk, *arguments, **named)

    return write


def _with_end(stock: Any) -> Any:
    def finish(connection: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return stock(connection, *arguments, **named)
        finally:
            exchange = getattr(connection, "prometheus_exchange", None)
            if exchange is not None:
                exchange.end(exchange.status or INTERNAL_SERVER_ERROR)

    return finish


def _with_rejection(stock: Any) -> Any:
    # Tornado writes its response to an unparsable request directly to the stream.
    def write(stream: Any, data: Any, *arguments: Any, **named: Any) -> Any:
        try:
            exchange = getattr(stream, "prometheus_exchange", None)
            if exchange is not None and not exchange.status:
                exchange.see(data)
        except Exception:
            fault(_REQUESTS)
        return stock(stream, data, *arguments, **named)

    return write


def _failing(stock: Any, engine: ModuleType) -> Any:
    # Tornado applications handle their exceptions, then log them.
    def log_exception(handler: Any, *arguments: Any, **named: Any) -> Any:
        try:
            from tornado.web import HTTPError

            error = arguments[1]
            exchange = getattr(handler.request.connection, "prometheus_exchange", None)
            if exchange is not None and isinstance(error, Exception) and not isinstance(error, HTTPError):
                failures.report(engine, exchange.token, type(error).__name__, error.__traceback__)
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
    """One request and its response: Tornado's delegate for the request, which wraps the server's, and what the response came to."""

    #: The engine's token of the request, while it is in flight.
    token: Optional[int] = None

    #: The status that the response began with, or 0.
    status = 0

    _sent = 0
    _is_complete = False
    _is_over = False

    def __init__(self, engine: ModuleType, describe: _Describe, delegate: Any, connection: Any) -> None:
        self._engine = engine
        self._describe = describe
        self._delegate = delegate
        self._context = getattr(connection, "context", None)

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
        self._call(self._last_use().finish)

    def on_connection_close(self) -> None:
        self._last_use().on_connection_close()

    def _last_use(self) -> Any:
        # The delegate refers to the connection, which refers to this exchange.
        delegate, self._delegate = self._delegate, None
        return delegate

    def respond(self, status: int, headers: Any, chunk: Optional[bytes]) -> None:
        """Records that the response begins, and the part of its body that is sent with the headers."""
        self.status = status
        self._sent += len(chunk or b"")
        if self.token is not None:
            # The engine looks for a stream of events only.
            self._engine.request_responding(self.token, status, [("Content-Type", headers.get("Content-Type", ""))])

    def send(self, chunk: Any) -> None:
        """Records a later part of the body."""
        self._sent += len(chunk)

    def see(self, data: Any) -> None:
        """Records data sent to the client: before any response it is a rejection of the request."""
        if self._is_over or status_in(data) < _BAD_REQUEST:
            return
        if self.token is None:
            self._is_over = True
            self._engine.request_invalid(status_in(data), error_in_hand())
        else:
            self.end(status_in(data))

    def leave(self) -> None:
        """Finishes or abandons the request, because the connection is closed."""
        if self._is_complete or self.status:
            self.end(self.status or CLIENT_CLOSED_REQUEST)
        elif self.token is not None:
            self._engine.request_abandoned(self.token)
            self.token = None

    def fail(self, error: BaseException) -> None:
        try:
            if self.token is not None:
                if error_of(error) is not None:
                    failures.report(self._engine, self.token, type(error).__name__, error.__traceback__)
                self.end(self.status or INTERNAL_SERVER_ERROR)
        except Exception:
            fault(_REQUESTS)

    def _call(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except BaseException as error:
            self.fail(error)
            raise

    def end(self, status: int) -> None:
        """Records the request as finished: request, step 4."""
        if self.token is not None:
            token, self.token, self._is_over = self.token, None, True
            try:
                self._engine.request_finished(token, status, self._sent)
            except Exception:
                fault(_REQUESTS)
                call(_REQUESTS, self._engine.request_abandoned, token)

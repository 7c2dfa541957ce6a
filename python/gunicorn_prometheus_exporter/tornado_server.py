"""Requests of a Tornado server, of WSGI and of Tornado's own applications, seen where the server meets a connection."""

from types import ModuleType
from typing import Any, Optional

from . import routes
from .outcome import CLIENT_CLOSED_REQUEST, INTERNAL_SERVER_ERROR, error_in_hand, error_of
from .status_probe import status_in

_BAD_REQUEST = 400


def install(worker: Any, engine: ModuleType) -> None:
    """Wraps two methods of the class of all servers; those that the application may run itself are left alone."""
    # The worker's class has loaded it.
    from tornado.httpserver import HTTPServer

    stock_start_request = HTTPServer.start_request
    stock_on_close = HTTPServer.on_close

    def start_request(server: Any, server_connection: Any, connection: Any) -> Any:
        delegate = stock_start_request(server, server_connection, connection)
        if server is not getattr(worker, "server", None):
            return delegate
        exchange = Exchange(engine, delegate, connection)
        if not hasattr(server_connection, "prometheus_exchange"):
            _watch_stream(server_connection, connection.stream)
        server_connection.prometheus_exchange = exchange
        return exchange

    def on_close(server: Any, server_connection: Any) -> None:
        stock_on_close(server, server_connection)
        exchange = getattr(server_connection, "prometheus_exchange", None)
        if exchange is not None:
            exchange.leave()

    HTTPServer.start_request = start_request
    HTTPServer.on_close = on_close
    _watch_handlers(engine)
    _watch_container()
    if routes.install(worker, engine):
        _put_tokens_into_environments()


def _watch_stream(server_connection: Any, stream: Any) -> None:
    stock = stream.write

    # Tornado itself answers what it cannot parse, past everything else.
    def write(data: Any) -> Any:
        server_connection.prometheus_exchange.see(data)
        return stock(data)

    stream.write = write


def _watch_handlers(engine: ModuleType) -> None:
    from tornado.web import HTTPError, RequestHandler

    stock = RequestHandler.log_exception

    # Tornado's own applications answer for their exceptions, and then log them.
    def log_exception(handler: Any, kind: Any, error: Any, traceback: Any) -> None:
        exchange = getattr(handler.request.connection, "prometheus_exchange", None)
        if exchange is not None and isinstance(error, Exception) and not isinstance(error, HTTPError):
            engine.request_failed(exchange.token, type(error).__name__)
        stock(handler, kind, error, traceback)

    RequestHandler.log_exception = log_exception


def _watch_container() -> None:
    from tornado.wsgi import WSGIContainer

    stock = getattr(WSGIContainer, "handle_request", None)
    if stock is None:
        return

    # From Tornado 6.3 on a task of its own, whose exceptions reach nobody: the client waits in vain.
    async def handle_request(container: Any, request: Any) -> None:
        try:
            await stock(container, request)
        except BaseException as error:
            exchange = getattr(request.connection, "prometheus_exchange", None)
            if exchange is not None:
                exchange.fail(error)
            raise

    WSGIContainer.handle_request = handle_request


def _put_tokens_into_environments() -> None:
    from tornado.wsgi import WSGIContainer

    stock = WSGIContainer.environ

    # Takes the request, in later versions behind the container.
    def environ(*arguments: Any) -> Any:
        made = stock(*arguments)
        exchange = getattr(arguments[-1].connection, "prometheus_exchange", None)
        made[routes.TOKEN] = None if exchange is None else exchange.token
        return made

    WSGIContainer.environ = environ


class Exchange:
    """One request and its response: Tornado's delegate for the first, and wrapped methods for the second."""

    def __init__(self, engine: ModuleType, delegate: Any, connection: Any) -> None:
        """Stands between a connection and the delegate that is to get a request."""
        self._engine = engine
        self._delegate = delegate
        #: What the engine knows the request by, while it is open.
        self.token: Optional[int] = None
        self._is_complete = False
        self._is_over = False
        self._status = 0
        self._sent = 0
        self._stock_write_headers = connection.write_headers
        self._stock_write = connection.write
        self._stock_finish = connection.finish
        connection.prometheus_exchange = self
        connection.write_headers = self._write_headers
        connection.write = self._write
        connection.finish = self._finish

    def headers_received(self, start_line: Any, headers: Any) -> Any:
        """Begins: the server has parsed the request."""
        # Request, step 2.
        path = start_line.path.partition("?")[0]
        self.token = self._engine.request_started(start_line.method, path, list(headers.get_all()))
        return self._call(self._delegate.headers_received, start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        """Passes on a part of the request's body."""
        return self._call(self._delegate.data_received, chunk)

    def finish(self) -> None:
        """Passes on that the request is complete, which runs the application."""
        self._is_complete = True
        self._call(self._delegate.finish)

    def on_connection_close(self) -> None:
        """Passes on that the client has left."""
        self._delegate.on_connection_close()

    def see(self, data: Any) -> None:
        """Looks at what goes to the client: a refusal of the request, if there is no response yet."""
        if self._status or self._is_over or status_in(data) < _BAD_REQUEST:
            return
        if self.token is None:
            self._is_over = True
            self._engine.request_invalid(status_in(data), error_in_hand())
        else:
            self._end(status_in(data))

    def leave(self) -> None:
        """Ends what is open when the connection is gone."""
        if self._is_complete or self._status:
            self._end(self._status or CLIENT_CLOSED_REQUEST)
        elif self.token is not None:
            self._engine.request_abandoned(self.token)
            self.token = None

    def fail(self, error: BaseException) -> None:
        """Ends with what the application has raised."""
        if self.token is not None:
            if error_of(error) is not None:
                self._engine.request_failed(self.token, type(error).__name__)
            self._end(self._status or INTERNAL_SERVER_ERROR)

    def _call(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except BaseException as error:
            self.fail(error)
            raise

    def _write_headers(self, start_line: Any, headers: Any, chunk: Optional[bytes] = None) -> Any:
        self._status = start_line.code
        self._sent += len(chunk or b"")
        if self.token is not None:
            self._engine.request_responding(self.token, self._status)
        return self._stock_write_headers(start_line, headers, chunk)

    def _write(self, chunk: bytes) -> Any:
        self._sent += len(chunk)
        return self._stock_write(chunk)

    def _finish(self) -> None:
        try:
            self._stock_finish()
        finally:
            self._end(self._status or INTERNAL_SERVER_ERROR)

    def _end(self, status: int) -> None:
        # Request, step 4.
        if self.token is not None:
            token, self.token, self._is_over = self.token, None, True
            self._engine.request_finished(token, status, self._sent)

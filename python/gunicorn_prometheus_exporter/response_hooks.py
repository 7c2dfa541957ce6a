"""Records when Gunicorn's responses begin and how much of a file they send, for which Gunicorn has no hooks."""

import sys
from types import ModuleType
from typing import Any, Callable, Optional

from .guard import fault
from .outcome import INTERNAL_SERVER_ERROR
from .private_names import wrap

_RESPONDING = "when responses begin"

#: Stands for the headers of a response with a Content-Length, which is never a stream, so its type is not searched for.
_SIZED: list[Any] = []


def install(engine: ModuleType) -> None:
    """Wraps methods of Gunicorn's response class. Call it once in a worker process."""
    request_responding = engine.request_responding

    def with_beginning(stock: Any) -> Any:
        # The wrapper passes only the response: arbitrary arguments would cost more than the recording.
        if stock.__code__.co_argcount != 1:
            raise TypeError("it takes other arguments than the response")

        # Gunicorn calls it once for each response, right before it sends the headers.
        def default_headers(resp: Any) -> Any:
            headers = stock(resp)
            try:
                typed = resp.headers if resp.response_length is None else _SIZED
                request_responding(resp.req.prometheus_token, resp.status_code or INTERNAL_SERVER_ERROR, typed)
            except AttributeError:
                # The application never called start_response, or no hook has seen the request.
                _answer_unknown(request_responding, resp)
            except Exception:
                fault(_RESPONDING)
            return headers

        return default_headers

    wrap("gunicorn.http.wsgi:Response.default_headers", with_beginning)
    wrap("gunicorn.http.wsgi:Response.sendfile", lambda stock: _with_size(stock, engine))
    # Gunicorn 25 and later imports it if it serves HTTP/2.
    if "gunicorn.http2.response" in sys.modules:
        _watch_http2(engine)


def _answer_unknown(request_responding: Any, resp: Any) -> None:
    try:
        request_responding(getattr(resp.req, "prometheus_token", -1), INTERNAL_SERVER_ERROR, None)
    except Exception:
        fault(_RESPONDING)


def _with_size(stock: Any, engine: ModuleType) -> Any:
    def sendfile(resp: Any, *arguments: Any, **named: Any) -> Any:
        sock = resp.sock
        token = getattr(getattr(resp, "req", None), "prometheus_token", -1)
        resp.sock = _FileSender(sock, lambda sent: engine.request_sent_file(token, sent))
        try:
            return stock(resp, *arguments, **named)
        finally:
            resp.sock = sock

    return sendfile


def _watch_http2(engine: ModuleType) -> None:
    def with_beginning(stock: Any) -> Any:
        # An HTTP/2 response writes its own headers. It calls this method before each part of the body.
        def send_headers(resp: Any, *arguments: Any, **named: Any) -> Any:
            try:
                if not resp.headers_sent:
                    engine.request_responding(resp.req.prometheus_token, resp.status_code or INTERNAL_SERVER_ERROR, resp.headers)
            except Exception:
                fault(_RESPONDING)
            return stock(resp, *arguments, **named)

        return send_headers

    wrap("gunicorn.http2.response:HTTP2Response.send_headers", with_beginning)


class _FileSender:
    """Wraps a client's socket and counts how much of a file it sends, which Gunicorn does not count."""

    def __init__(self, sock: Any, report: Callable[[int], None]) -> None:
        self._sock = sock
        self._report = report

    def sendfile(self, file: Any, offset: int = 0, *arguments: Any, **named: Any) -> Any:
        before = _position(file)
        sent = None
        try:
            sent = self._sock.sendfile(file, offset, *arguments, **named)
        finally:
            try:
                self._report(sent if isinstance(sent, int) else _sent_before_failure(file, before, offset))
            except Exception:
                fault("sizes of files")
        return sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def _position(file: Any) -> Optional[int]:
    # The application's object may lack a position or raise any exception; neither may reach the server.
    try:
        return int(file.tell())
    except Exception:
        return None


def _sent_before_failure(file: Any, before: Optional[int], offset: int) -> int:
    """Returns the bytes sent: the socket leaves the file after the last byte sent, or untouched if it sent none."""
    after = _position(file)
    return 0 if after is None or after == before else after - offset

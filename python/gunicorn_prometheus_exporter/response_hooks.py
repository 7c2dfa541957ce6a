"""What Gunicorn's response objects do that its hooks do not tell of: begin to answer, and send files."""

import sys
from types import ModuleType
from typing import Any

from gunicorn.http.wsgi import Response

from .outcome import INTERNAL_SERVER_ERROR


def install(engine: ModuleType) -> None:
    """Wraps two methods of the class of all responses; once in a worker process."""
    request_responding = engine.request_responding
    stock_default_headers = Response.default_headers
    stock_sendfile = Response.sendfile

    # Called once for a response, right before its headers are sent.
    def default_headers(resp: Any) -> Any:
        headers = stock_default_headers(resp)
        try:
            request_responding(resp.req.prometheus_token, resp.status_code or INTERNAL_SERVER_ERROR)
        except AttributeError:
            # The application never called start_response, or the request is none that a hook has seen.
            request_responding(getattr(resp.req, "prometheus_token", -1), INTERNAL_SERVER_ERROR)
        return headers

    def sendfile(resp: Any, respiter: Any) -> Any:
        sock = resp.sock
        resp.sock = _FileSender(resp, sock)
        try:
            return stock_sendfile(resp, respiter)
        finally:
            resp.sock = sock

    Response.prometheus_file_bytes = 0
    Response.default_headers = default_headers
    Response.sendfile = sendfile
    _watch_http2(engine)


def _watch_http2(engine: ModuleType) -> None:
    # Gunicorn has imported it where it speaks HTTP/2 (25 and later).
    responses = sys.modules.get("gunicorn.http2.response")
    if responses is None:
        return
    stock = responses.HTTP2Response.send_headers

    # Has headers of its own, and is called before each part of the body.
    def send_headers(resp: Any) -> None:
        if not resp.headers_sent:
            engine.request_responding(resp.req.prometheus_token, resp.status_code or INTERNAL_SERVER_ERROR)
        stock(resp)

    responses.HTTP2Response.send_headers = send_headers


class _FileSender:
    """A client's socket that notes how much of a file the kernel has sent, which Gunicorn does not count."""

    def __init__(self, resp: Any, sock: Any) -> None:
        self._resp = resp
        self._sock = sock

    def sendfile(self, file: Any, offset: int = 0, count: Any = None) -> Any:
        before = file.tell()
        try:
            return self._sock.sendfile(file, offset, count)
        finally:
            # Sockets leave the file behind the last byte sent, after a failure too, and untouched if there was none.
            after = file.tell()
            if after != before:
                self._resp.prometheus_file_bytes = after - offset

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

"""Derives a request's status, error and size from Gunicorn's objects when the request is over."""

import errno
import importlib.util
import sys
from typing import Any, Optional

from .private_names import read


def _stream_errors() -> tuple[type[BaseException], ...]:
    if importlib.util.find_spec("gunicorn.http2") is None:
        # Before Gunicorn 25.
        return ()
    error = read("gunicorn.http2.errors:HTTP2Error", None)
    return (error,) if isinstance(error, type) and issubclass(error, BaseException) else ()


_STREAM_GONE = _stream_errors()

#: Errors that Gunicorn too treats as a client that disconnected.
_CLIENT_GONE = frozenset((errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN))

SWITCHING_PROTOCOLS = 101
INTERNAL_SERVER_ERROR = 500

#: The client disconnected before there was a status. nginx introduced this code.
CLIENT_CLOSED_REQUEST = 499


def status_of(response: Any, exception: Optional[BaseException]) -> int:
    """Returns the status that the client received, or would have received had it not disconnected."""
    if response is None:
        return INTERNAL_SERVER_ERROR
    if exception is None or response.headers_sent or is_client_gone(exception):
        try:
            status: Optional[int] = response.status_code
        except AttributeError:
            # The application never called start_response. It may have taken over the socket, as for a WebSocket.
            status = None if response.headers_sent or exception else SWITCHING_PROTOCOLS
        return status or INTERNAL_SERVER_ERROR
    return INTERNAL_SERVER_ERROR


def lacks_start(response: Any) -> bool:
    """Returns whether a response was sent although the application never called start_response."""
    return response is not None and response.headers_sent and response.status is None


def error_of(exception: BaseException) -> Optional[BaseException]:
    """Returns the exception that is the server's or the application's error, or None if there is no such error."""
    if isinstance(exception, StopIteration):
        # Gunicorn raises it for an exception after the headers were sent. Without a context it is a normal end.
        exception = exception.__context__  # type: ignore[assignment]
    if isinstance(exception, SystemExit):
        # A stopped worker exits with 0, an aborted one or one whose application exits with another code.
        return exception if exception.code else None
    return exception if isinstance(exception, Exception) and not is_client_gone(exception) else None


def error_in_hand() -> str:
    """Returns the type name of the exception being handled, or BadRequest. For servers that reject a request."""
    kind = sys.exc_info()[0]
    return "BadRequest" if kind is None else kind.__name__


def is_client_gone(exception: BaseException) -> bool:
    """Returns whether the exception means that the client closed the connection, or its HTTP/2 stream."""
    return isinstance(exception, _STREAM_GONE) or isinstance(exception, OSError) and exception.errno in _CLIENT_GONE


def is_unsent(exception: BaseException) -> bool:
    """Returns whether the client closed the connection before it sent a whole request.

    Gunicorn handles such an exception as an error only for the uwsgi protocol and for cleartext HTTP/2.
    """
    kind = type(exception).__name__
    return (
        kind == "InvalidUWSGIHeader" and "incomplete" in str(exception)
        or kind == "InvalidH2CPreface" and getattr(exception, "data", None) == b"")


def size_of(message: Any) -> int:
    """Returns the size of a WebSocket's message in bytes."""
    return len(message.encode() if isinstance(message, str) and not message.isascii() else message or b"")

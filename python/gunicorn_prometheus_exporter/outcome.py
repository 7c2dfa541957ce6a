"""What became of a request, from what Gunicorn knows when it is over."""

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

#: The errors that Gunicorn, too, takes to mean that the client has left.
_CLIENT_GONE = frozenset((errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN))

SWITCHING_PROTOCOLS = 101
INTERNAL_SERVER_ERROR = 500

#: The client left before there was a status, where only the server's adapter can know it; as nginx has it.
CLIENT_CLOSED_REQUEST = 499


def status_of(response: Any, exception: Optional[BaseException]) -> int:
    """Returns the status that the client got, or would have got had it stayed."""
    if response is None:
        return INTERNAL_SERVER_ERROR
    if exception is None or response.headers_sent or is_client_gone(exception):
        try:
            status: Optional[int] = response.status_code
        except AttributeError:
            # The application never called start_response; it may have taken the socket over, as for a WebSocket.
            status = None if response.headers_sent or exception else SWITCHING_PROTOCOLS
        return status or INTERNAL_SERVER_ERROR
    return INTERNAL_SERVER_ERROR


def error_of(exception: BaseException) -> Optional[BaseException]:
    """Returns the exception that reached the worker, or None if the end was an orderly one or the client's."""
    if isinstance(exception, StopIteration):
        # Raised by Gunicorn in place of an exception after the headers were sent; without a cause an orderly end.
        exception = exception.__context__  # type: ignore[assignment]
    if isinstance(exception, SystemExit):
        # With 0 a worker ends that was told to; with another, one that is aborted or whose application wants it to end.
        return exception if exception.code else None
    return exception if isinstance(exception, Exception) and not is_client_gone(exception) else None


def error_in_hand() -> str:
    """Returns the name of the exception that is being handled, where a server answers a request that it cannot parse."""
    kind = sys.exc_info()[0]
    return "BadRequest" if kind is None else kind.__name__


def body_size(response: Any) -> int:
    """Returns the bytes of the response's body that were sent, as far as Gunicorn knows them."""
    return 0 if response is None else int(response.sent) + getattr(response, "prometheus_file_bytes", 0)


def is_client_gone(exception: BaseException) -> bool:
    """Returns whether the exception says that the client has closed the connection, or its stream of HTTP/2."""
    return isinstance(exception, _STREAM_GONE) or isinstance(exception, OSError) and exception.errno in _CLIENT_GONE

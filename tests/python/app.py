"""The WSGI application under test, with a path for each way in which a request can end."""

import contextlib
import ctypes
import gc
import io
import os
import tempfile
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import Any, Callable

StartResponse = Callable[..., Any]

FILE_SIZE = 300_000

#: More bytes than the buffers of a connection hold.
HUGE_FILE_SIZE = 1 << 28

#: The most seconds that a path waits.
PATIENCE = 20.0


def app(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/crash":
        raise ValueError("before any answer")
    if path.startswith("/mute"):
        return [] if path.endswith("empty") else [b"without start_response"]
    if path == "/oserror":
        raise OSError("the application's own")
    if path == "/late-crash":
        start_response("200 OK", [])
        return _crash_at_once()
    if path == "/torn":
        start_response("200 OK", [("Content-Length", "100")])
        return _crash_midway()
    if path == "/exit":
        raise SystemExit(7)
    if path == "/collect":
        gc.collect()
    if path == "/hang":
        time.sleep(PATIENCE)
    if path.startswith("/block/"):
        return _answer(start_response, "200 OK", block(path))
    if path == "/until":
        wait_for_file(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
    if path == "/big":
        start_response("200 OK", [])
        return [bytes(1 << 20)] * 64
    if path == "/stall":
        start_response("200 OK", [])
        return _stall()
    if path == "/events":
        start_response("200 OK", [("X-Before", "1"), ("Content-type", "text/event-stream; charset=utf-8")])
        return _events()
    if path == "/stream":
        start_response("200 OK", [])
        return (b"part" for _ in range(3))
    if path == "/file":
        return _file(environ, start_response, FILE_SIZE)
    if path == "/huge-file":
        return _file(environ, start_response, HUGE_FILE_SIZE)
    if path.startswith("/odd-file"):
        return _odd_file(environ, start_response, path)
    if path == "/exec":
        return _execute(start_response, environ["wsgi.input"].read().decode())
    if path == "/empty":
        start_response("204 No Content", [])
        return []
    if path == "/scheme":
        return _answer(start_response, "200 OK", environ["wsgi.url_scheme"])
    status = {"/missing": "404 Not Found", "/broken": "503 Service Unavailable"}.get(path, "200 OK")
    answer = _answer(start_response, status, path)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else answer


def block(path: str) -> str:
    """Blocks the thread for the seconds at the end of the path, also where ``time.sleep`` is patched. Returns how long it took."""
    start = time.monotonic()
    ctypes.CDLL(None).usleep(int(float(path.rpartition("/")[2]) * 1e6))
    return str(time.monotonic() - start)


def wait_for_file(path: str) -> None:
    """Returns when the file exists, or after PATIENCE seconds."""
    limit = time.monotonic() + PATIENCE
    while not os.path.exists(path) and time.monotonic() < limit:
        time.sleep(0.02)


def _file(environ: dict[str, Any], start_response: StartResponse, size: int) -> Iterable[bytes]:
    file = tempfile.TemporaryFile()
    file.truncate(size)
    start_response("200 OK", [("Content-Length", str(size))])
    return environ["wsgi.file_wrapper"](file) if "wsgi.file_wrapper" in environ else [file.read()]


def _events() -> Iterator[bytes]:
    for _ in range(2):
        yield b"data: part\n\n"
        time.sleep(0.5)


class OddFile:
    """A file with what PEP 3333 requires for a file wrapper, and a descriptor, but without a position."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()
        self._file.write(b"x" * FILE_SIZE)
        self._file.seek(0)
        self.read = self._file.read
        self.fileno = self._file.fileno


class FailingFile(OddFile):
    """An odd file whose ``tell`` fails."""

    def tell(self) -> int:
        raise RuntimeError("no position")


def _odd_file(environ: dict[str, Any], start_response: StartResponse, path: str) -> Iterable[bytes]:
    file = FailingFile() if path.endswith("failing") else OddFile()
    start_response("200 OK", [] if "chunked" in path else [("Content-Length", str(FILE_SIZE))])
    return environ["wsgi.file_wrapper"](file) if "wsgi.file_wrapper" in environ else [file.read()]


def _answer(start_response: StartResponse, status: str, text: str) -> Iterable[bytes]:
    body = text.encode()
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def _execute(start_response: StartResponse, code: str) -> Iterable[bytes]:
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(compile(code, "<posted>", "exec"), {"__name__": "posted"})
    except Exception:
        return _answer(start_response, "500 Internal Server Error", traceback.format_exc())
    return _answer(start_response, "200 OK", output.getvalue())


def _crash_at_once() -> Iterator[bytes]:
    raise ValueError("before the first chunk")
    yield b""


def _stall() -> Iterator[bytes]:
    yield b"part"
    time.sleep(PATIENCE)


def _crash_midway() -> Iterator[bytes]:
    yield b"half"
    raise ValueError("after the first chunk")

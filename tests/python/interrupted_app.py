"""Applications that wait in every way in which the tests interrupt them: each wait must neither fail nor end early."""

import asyncio
import contextlib
import http.server
import select
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from typing import Any

#: Seconds of each wait.
WAIT = 0.15


def sleep() -> None:
    _at_least(lambda: time.sleep(WAIT))


def choose() -> None:
    left, right = socket.socketpair()
    with left, right:
        assert _at_least(lambda: select.select([left], [], [], WAIT)) == ([], [], [])
        poll = select.poll()
        poll.register(left, select.POLLIN)
        assert _at_least(lambda: poll.poll(WAIT * 1000)) == []
        # gevent has no epoll.
        if hasattr(select, "epoll"):
            with select.epoll() as epoll:
                epoll.register(left, select.EPOLLIN)
                assert _at_least(lambda: epoll.poll(WAIT)) == []


def receive() -> None:
    for timeout in (None, 30):
        left, right = socket.socketpair()
        with left, right:
            left.settimeout(timeout)
            with _later(lambda: right.sendall(b"x" * 10)):
                assert left.recv(100) == b"x" * 10


def accept() -> None:
    for timeout in (None, 30):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(timeout)
            with _later(lambda: socket.create_connection(listener.getsockname(), 30).close()):
                listener.accept()[0].close()


def send() -> None:
    left, right = socket.socketpair()
    received = bytearray()

    def read_slowly() -> None:
        while chunk := right.recv(65536):
            received.extend(chunk)
            time.sleep(0.005)

    with left, right:
        reader = threading.Thread(target=read_slowly)
        reader.start()
        left.sendall(bytes(range(256)) * 8192)
        left.shutdown(socket.SHUT_WR)
        reader.join()
    assert received == bytes(range(256)) * 8192


def run() -> None:
    done = subprocess.run([sys.executable, "-c", f"import time; time.sleep({WAIT}); print('x' * 100000)"], capture_output=True, check=True)
    assert done.stdout == b"x" * 100000 + b"\n" and done.stderr == b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(["sleep", "30"], timeout=WAIT, check=True)
        raise AssertionError("it did not time out")


def lock() -> None:
    held = threading.Lock()
    held.acquire()
    assert not _at_least(lambda: held.acquire(timeout=WAIT))
    with _later(held.release):
        assert held.acquire()
    event = threading.Event()
    assert not _at_least(lambda: event.wait(WAIT))
    thread = threading.Thread(target=time.sleep, args=(WAIT,))
    thread.start()
    thread.join()


def file() -> None:
    with open(__file__, "rb") as source:
        text = source.read()
    for _ in range(50):
        with open(__file__, "rb", buffering=0) as source:
            assert source.read() == text


def fetch() -> None:
    import requests

    with _server() as url:
        with urllib.request.urlopen(url, timeout=30) as response:
            assert response.read() == b"slow"
        assert requests.get(url, timeout=30).content == b"slow"


def psycopg() -> None:
    """The library waits in C, where Python restarts nothing."""
    import psycopg2

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=_serve_postgres, args=(listener,))
        server.start()
        port = listener.getsockname()[1]
        connection = psycopg2.connect(host="127.0.0.1", port=port, user="u", dbname="d", sslmode="disable", gssencmode="disable")
        connection.autocommit = True
        for _ in range(2):
            _at_least(lambda: connection.cursor().execute("SELECT"))
        connection.close()
        server.join()


#: The waits of a worker whose threads block.
WAYS: "dict[str, Callable[[], None]]" = {
    way.__name__: way for way in (sleep, choose, receive, accept, send, run, lock, file, fetch, psycopg)}


async def wait_in_asyncio() -> None:
    start = time.monotonic()
    await asyncio.sleep(WAIT)
    assert time.monotonic() - start >= WAIT
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), WAIT)
        raise AssertionError("it did not time out")
    process = await asyncio.create_subprocess_exec("sleep", str(WAIT))
    assert await process.wait() == 0

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(WAIT)
        writer.write(await reader.readexactly(100_000))
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x" * 100_000)
        assert await reader.read(-1) == b"x" * 100_000
        writer.close()
    assert await asyncio.get_running_loop().run_in_executor(None, lambda: time.sleep(WAIT)) is None


def app(environ: "dict[str, Any]", start_response: "Callable[..., Any]") -> "Iterable[bytes]":
    """Waits as the path says. The body is empty, or how it failed."""
    name = environ["PATH_INFO"].strip("/")
    body = b""
    try:
        WAYS[name]()
    except Exception:
        body = traceback.format_exc().encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope: "dict[str, Any]", receive: Any, send: Any) -> None:
    """Waits in every way that asyncio has. The body is empty, or how it failed."""
    if scope["type"] != "http":
        return
    body = b""
    try:
        await wait_in_asyncio()
    except Exception:
        body = traceback.format_exc().encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


def _at_least(wait: "Callable[[], Any]") -> Any:
    """Checks that a wait does not end early."""
    start = time.monotonic()
    result = wait()
    # A poll counts in milliseconds.
    assert time.monotonic() - start >= WAIT - 0.002, f"{time.monotonic() - start} s instead of {WAIT} s"
    return result


@contextlib.contextmanager
def _later(act: "Callable[[], Any]") -> "Iterator[None]":
    timer = threading.Timer(WAIT, act)
    timer.start()
    yield
    timer.join()


@contextlib.contextmanager
def _server() -> "Iterator[str]":
    """A server that answers late."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(WAIT)
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"slow")

        def log_message(self, *arguments: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def _serve_postgres(listener: socket.socket) -> None:
    """As much of a database as a client needs that sends queries without results. It answers each late."""
    def message(kind: bytes, body: bytes) -> bytes:
        return kind + struct.pack("!I", len(body) + 4) + body

    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as stream:
        stream.read(struct.unpack("!I", stream.read(4))[0] - 4)
        settings = b"".join(message(b"S", pair) for pair in (b"client_encoding\0UTF8\0", b"server_version\x0015.0\0"))
        ready = message(b"Z", b"I")
        connection.sendall(message(b"R", bytes(4)) + settings + ready)
        while (kind := stream.read(1)) not in (b"", b"X"):
            stream.read(struct.unpack("!I", stream.read(4))[0] - 4)
            assert kind == b"Q", kind
            time.sleep(WAIT)
            connection.sendall(message(b"C", b"SELECT 0\0") + ready)

"""A WSGI application for Tornado's server that uses other parts of Tornado, and counts what its requests leave in memory."""

import asyncio
import gc
import socket
import threading
from collections.abc import Iterable
from typing import Any, Callable

from tornado.httpclient import AsyncHTTPClient
from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler

# What is left over then stays.
gc.disable()


class Fine(RequestHandler):
    def get(self) -> None:
        self.write("fine")


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = " ".join(in_a_thread()) if environ["PATH_INFO"] == "/inner" else str(count_of_exchanges())
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body.encode()]


def count_of_exchanges() -> int:
    """Returns how many of the exporter's objects for a request there are."""
    return sum(type(thing).__name__ == "Exchange" for thing in gc.get_objects())


def in_a_thread() -> list[str]:
    """Returns the statuses of an inner server; a thread has an event loop of its own."""
    statuses: list[str] = []
    thread = threading.Thread(target=lambda: statuses.extend(asyncio.run(inner())))
    thread.start()
    thread.join(20)
    return statuses


async def inner() -> list[str]:
    """Requests something, nothing, and something that cannot be parsed of an inner server."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setblocking(False)
    port = listener.getsockname()[1]
    server = HTTPServer(Application([("/", Fine)]))
    server.add_socket(listener)
    client = AsyncHTTPClient(force_instance=True)
    fetched = [await client.fetch(f"http://127.0.0.1:{port}{path}", raise_error=False) for path in ("/", "/nowhere")]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"nonsense\r\n\r\n")
    refused = (await reader.read()).split()[1].decode()
    writer.close()
    client.close()
    server.stop()
    return [*(str(response.code) for response in fetched), refused]

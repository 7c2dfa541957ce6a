"""A WSGI and an ASGI application for what only recent versions of Gunicorn offer."""

import asyncio
from typing import Any

HINTS = [("Link", "</style.css>; rel=preload; as=style")]


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/hints":
        environ["wsgi.early_hints"](HINTS)
        environ["wsgi.early_hints"](HINTS)
    if environ["PATH_INFO"] == "/body":
        body = environ["wsgi.input"].read()
    else:
        body = environ["REMOTE_ADDR"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    path = scope["path"]
    if path == "/hints":
        for _ in range(2):
            headers = [(name.lower().encode(), value.encode()) for name, value in HINTS]
            await send({"type": "http.response.informational", "status": 103, "headers": headers})
    body = scope["client"][0].encode()
    if path == "/body":
        body = await _read(receive)
    if path.startswith("/leave"):
        await _read(receive)
        print("received", flush=True)
        while (await receive())["type"] != "http.disconnect":
            pass
        print("the client left", flush=True)
        if path == "/leave-quietly":
            return
        # Within the period of grace if it is long enough.
        await asyncio.sleep(1)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body

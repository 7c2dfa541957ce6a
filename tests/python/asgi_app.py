"""The ASGI application under test, with a path for each way in which a request can end."""

import asyncio
import os
import time
from typing import Any

from app import PATIENCE, block


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    path = scope["path"]
    if scope["type"] == "websocket":
        await _talk(path, receive, send)
        return
    if path in ("/crash", "/late-crash"):
        raise ValueError("before any answer")
    if path == "/oserror":
        raise OSError("the application's own")
    if path == "/exit":
        raise SystemExit(7)
    if path == "/silent":
        return
    if path == "/hang":
        # A faulty application: it blocks the event loop.
        time.sleep(PATIENCE)
    if path.startswith("/block/"):
        await _answer(send, 200, block(path))
        return
    if path == "/until":
        await _wait_for_file((await receive())["body"].decode())
    if path == "/events":
        await _send_events(send)
        return
    if path in ("/torn", "/stream", "/stall", "/big"):
        await _stream(send, path)
        return
    if path == "/scheme":
        await _answer(send, 200, scope["scheme"])
        return
    status = {"/missing": 404, "/broken": 503, "/empty": 204}.get(path, 200)
    if path == "/answer-and-crash":
        await _answer(send, 500, path)
        raise ValueError("after the answer")
    await _answer(send, status, "" if status == 204 else path)
    if path == "/background":
        raise ValueError("in the background")


async def _stream(send: Any, path: str) -> None:
    part, count = (bytes(1 << 20), 64) if path == "/big" else (b"part", 3)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(count):
        await send({"type": "http.response.body", "body": part, "more_body": True})
        if path == "/torn":
            raise ValueError("after the first chunk")
        if path == "/stall":
            await asyncio.sleep(PATIENCE)
    await send({"type": "http.response.body"})


async def _send_events(send: Any) -> None:
    headers = [(b"x-before", b"1"), (b"content-type", b"text/event-stream; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(2):
        await send({"type": "http.response.body", "body": b"data: part\n\n", "more_body": True})
        await asyncio.sleep(0.5)
    await send({"type": "http.response.body"})


async def _answer(send: Any, status: int, text: str) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())] if body else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _talk(path: str, receive: Any, send: Any) -> None:
    await receive()
    if path == "/denied":
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"] + ", too"})
        if path == "/bye":
            await send({"type": "websocket.close", "code": 1001})
            return
        if path == "/raise":
            raise ValueError("in a WebSocket")


async def _wait_for_file(path: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not os.path.exists(path) and time.monotonic() < limit:
        await asyncio.sleep(0.02)


async def _live(receive: Any, send: Any) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})

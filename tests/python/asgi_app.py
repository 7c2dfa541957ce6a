"""The ASGI application under test: a path for each way in which a request can end."""

import asyncio
from typing import Any


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers as the path says."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    path = scope["path"]
    if path == "/crash":
        raise ValueError("before any answer")
    if path == "/silent":
        return
    if path == "/nap":
        await asyncio.sleep(1.0)
    status = {"/missing": 404, "/broken": 503}.get(path, 200)
    if path in ("/torn", "/stream"):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
            if path == "/torn":
                raise ValueError("after the first chunk")
        await send({"type": "http.response.body"})
        return
    if path == "/answer-and-crash":
        await _answer(send, 500, path)
        raise ValueError("after the answer")
    await _answer(send, status, path)
    if path == "/background":
        raise ValueError("in the background")


async def _answer(send: Any, status: int, text: str) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})

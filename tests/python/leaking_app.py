"""Three routes by WSGI and ASGI: one keeps memory of each request, two release what they allocate."""

import asyncio
import time
from typing import Any

from app import StartResponse

#: What each request for ``/leak`` keeps, in bytes.
KEPT = 1 << 19

_kept: list[bytes] = []


def app(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
    held = _allocate(environ["PATH_INFO"])
    time.sleep(0.002)
    start_response("200 OK", [("Content-Length", "0")])
    del held
    return []


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        held = _allocate(scope["path"])
        await asyncio.sleep(0.002)
        del held
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


def _allocate(path: str) -> object:
    if path == "/leak":
        _kept.append(b"x" * KEPT)
    return b"x" * (4 * KEPT) if path == "/buffer" else [str(number) for number in range(20_000)]

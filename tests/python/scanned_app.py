"""An application without a framework, by WSGI and ASGI, which answers unknown paths with 404."""

from typing import Any

from app import StartResponse

PATHS = ("/", "/things")


def app(environ: dict[str, Any], start_response: StartResponse) -> list[bytes]:
    start_response("200 OK" if _is_there(environ["PATH_INFO"]) else "404 Not Found", [("Content-Length", "0")])
    return []


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        status = 200 if _is_there(scope["path"]) else 404
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


def _is_there(path: str) -> bool:
    return path in PATHS or path.startswith("/users/")

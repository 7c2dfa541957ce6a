"""Applications under test that speak with WebSockets: one for gevent, and one with Starlette."""

from typing import Any


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"].startswith("/serve/"):
        _serve(int(environ["PATH_INFO"].rpartition("/")[2]))
    socket = environ.get("wsgi.websocket")
    if socket is None:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    while (message := socket.receive()) is not None:
        socket.send(message + ", too")
    return []


def _serve(port: int) -> None:
    """Starts a WebSocket server of the application's own in the worker."""
    from gevent.pywsgi import WSGIServer
    from geventwebsocket.handler import WebSocketHandler

    WSGIServer(("127.0.0.1", port), app, handler_class=WebSocketHandler).start()


def __getattr__(name: str) -> Any:
    """Returns the application with Starlette, which only its own test needs."""
    if name != "routed":
        raise AttributeError(name)
    from starlette.applications import Starlette
    from starlette.routing import WebSocketRoute
    from starlette.websockets import WebSocketDisconnect

    async def talk(socket: Any) -> None:
        await socket.accept()
        try:
            while True:
                await socket.send_text(await socket.receive_text() + ", too")
        except WebSocketDisconnect:
            return

    return Starlette(routes=[WebSocketRoute("/rooms/{room}", talk)])

"""Records the WebSockets of an ASGI application."""

from collections.abc import Awaitable, MutableMapping
from types import ModuleType
from typing import Any, Callable, Optional

from . import routes
from .guard import fault
from .outcome import CLIENT_CLOSED_REQUEST, INTERNAL_SERVER_ERROR, size_of

Message = MutableMapping[str, Any]

NORMAL = 1000
NO_CODE = 1005
ABNORMAL = 1006
FAILED = 1011

#: The status that a server sends if the application closes a WebSocket before it accepts the handshake.
_FORBIDDEN = 403


class WebSocket:
    """One WebSocket, from its handshake to its end."""

    __slots__ = ("_engine", "_is_accepted", "_receive", "_send", "_token")

    def __init__(
        self, engine: ModuleType, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self._token = scope[routes.TOKEN] = engine.websocket_started(scope["path"])
        self._engine = engine
        self._receive = receive
        self._send = send
        self._is_accepted = False

    async def receive(self) -> Message:
        message = await self._receive()
        self._note(message)
        return message

    async def send(self, message: Message) -> None:
        self._note(message)
        try:
            await self._send(message)
        except OSError:
            self._end(ABNORMAL, CLIENT_CLOSED_REQUEST)
            raise

    def fail(self, error: BaseException) -> None:
        if isinstance(error, Exception):
            self._end(FAILED, INTERNAL_SERVER_ERROR)
        else:
            self._end(ABNORMAL, CLIENT_CLOSED_REQUEST)

    def finish(self) -> None:
        # The engine ignores the call if the WebSocket is already closed.
        self._end(NORMAL, INTERNAL_SERVER_ERROR)

    def _note(self, message: Message) -> None:
        try:
            self._see(message["type"], message)
        except Exception:
            fault("WebSockets")

    def _see(self, kind: str, message: Message) -> None:
        if kind == "websocket.receive" or kind == "websocket.send":
            data = message.get("bytes")
            self._engine.websocket_message(self._token, kind == "websocket.send", size_of(message.get("text") if data is None else data))
        elif kind == "websocket.accept":
            self._is_accepted = True
            self._engine.websocket_accepted(self._token)
        elif kind == "websocket.close":
            self._end(message.get("code", NORMAL), _FORBIDDEN)
        elif kind == "websocket.disconnect":
            self._end(message.get("code", NO_CODE), CLIENT_CLOSED_REQUEST)
        elif kind == "websocket.http.response.start":
            self._end(ABNORMAL, message["status"])

    def _end(self, code: Optional[int], status: int) -> None:
        try:
            self._engine.websocket_ended(self._token, (code or NO_CODE) if self._is_accepted else status)
        except Exception:
            fault("WebSockets")

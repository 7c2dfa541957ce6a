"""The engine, a CPython extension module written in C#. Only ``engine.py`` imports it.

Functions without a note never raise: a fault of the engine is counted in ``gunicorn_exporter_dropped_total``.
"""

from typing import Any, Callable

def open(directory: str, role: str, timestamps: bool) -> str:
    """Takes the lowest free slot for the role ("worker" or "process"), opens its files, returns the worker_id.

    ``timestamps`` is the entry layout of files that this creates. Raises MetricsError.
    """

def request_started(method: str, path: str, headers: list[tuple[Any, Any]]) -> int:
    """Notes a parsed request where a death cannot wipe it out; the token stands for it, -1 if too many are in hand.

    ``headers`` are pairs of str, as Gunicorn has them, or of bytes, as ASGI has them.
    """

def request_routed(token: int, route: str) -> None:
    """Sets the route that the framework found, or ``__unmatched__``. Without this call the engine normalises the path."""

def route_declared(route: str) -> None:
    """Admits a route that the application declares. Call it before the first request for the route."""

def request_responding(token: int, status: int, headers: list[tuple[Any, Any]]) -> None:
    """Records that the client is about to receive the first byte of a response with these headers."""

def request_failed(token: int, error_type: str) -> None:
    """Records the exception that made a request fail, at most one for each. Call it before ``request_finished``."""

def request_finished(token: int, status: int, response_bytes: int) -> None:
    """Records a finished request."""

def request_sent_file(token: int, size: int) -> None:
    """Sets the bytes of a file that a request sent, which the size in ``request_finished`` lacks."""

def request_answered(token: int, status: Any, response_bytes: int) -> bool:
    """Records a finished request and returns True, or False if an exception is being handled or the status is not a number."""

def request_abandoned(token: int) -> None:
    """Discards a request without recording it."""

def request_invalid(status: int, error_type: str) -> None:
    """Records a request that could not be parsed."""

def websocket_started(path: str) -> int:
    """Records the start of a WebSocket's handshake, and returns the token of the WebSocket."""

def websocket_accepted(token: int) -> None:
    """Records that a handshake is accepted."""

def websocket_message(token: int, is_sent: bool, size: int) -> None:
    """Records a message that the application sent or received; ``size`` is in bytes."""

def websocket_ended(token: int, code: int) -> None:
    """Records the end of a WebSocket with its code, or of a handshake with the status that rejects it."""

def set_capacity(requests: int) -> None:
    """Sets how many requests the worker can have in flight at once, 0 if unknown."""

def heartbeat() -> None:
    """Refreshes memory, CPU and uptime, at most once a second."""

def update() -> None:
    """Refreshes memory, CPU and uptime now."""

def set_state(state: str) -> None:
    """Enters a state: "starting", "running", "quit" or "abort"."""

def collecting(phase: str, info: dict[str, int]) -> None:
    """Records a garbage collection: a callback for ``gc.callbacks``."""

def metric_method(owner: type, name: str) -> Callable[..., None]:
    """Returns the class method "inc", "set" or "observe" for a class whose subclasses state their ``family``.

    The method takes a value and the labels by keyword, as ``metrics.py`` declares it. It raises MetricsError, or TypeError.
    """

def drop() -> None:
    """Counts a recording that was dropped before it reached the engine."""

def disable() -> None:
    """Makes every recording a no-op, for good: this process is a forked child."""

def statistics() -> dict[str, Any]:
    """Returns what the engine knows of itself: worker_id, dropped, allocated_bytes."""

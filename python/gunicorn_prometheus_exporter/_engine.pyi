"""The engine, a CPython extension module written in C#. Only ``engine.py`` imports it.

Functions without a note never raise: a fault of the engine is counted in ``gunicorn_exporter_dropped_total``.
"""

from typing import Any, Callable

def open(directory: str, role: str, timestamps: bool) -> str:
    """Takes the lowest free slot for the role ("worker", "dirty" or "process"), opens its files, returns the worker_id.

    ``timestamps`` is the entry layout of files that this creates. Raises MetricsError.
    """

def request_started(method: str, path: str, headers: list[tuple[Any, Any]]) -> int:
    """Notes a parsed request where a death cannot wipe it out; the token stands for it, -1 if too many are in hand.

    ``headers`` are pairs of str, as Gunicorn has them, or of bytes, as ASGI has them.
    """

def has_extra_labels() -> bool:
    """Returns whether extra labels are configured. Without them, ``request_described`` has no effect."""

def request_described(token: int, scheme: str, headers: list[tuple[Any, Any]]) -> None:
    """Finds the values of the extra labels in a request."""

def request_routed(token: int, route: str) -> None:
    """Sets the route that the framework found, or ``__unmatched__``. Without this call the engine normalises the path."""

def route_declared(route: str) -> None:
    """Admits a route that the application declares. Call it before the first request for the route."""

def request_responding(token: int, status: int, headers: list[tuple[Any, Any]]) -> None:
    """Records that the client is about to receive the first byte of a response with these headers."""

def request_failed(token: int, error_type: str) -> bool:
    """Records the exception that made a request fail, at most one for each. Call it before ``request_finished``.

    Returns whether to call ``request_raised`` too.
    """

def request_raised(token: int, error_type: str, frames: str) -> None:
    """Records where that exception was raised: its frames as faulthandler writes them, the innermost first."""

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

def task_started(app: str, action: str) -> int:
    """Records a task of a dirty worker so that it survives the worker's death, and returns its token."""

def task_running(token: int, accepted: float) -> None:
    """Records that a thread begins to run a task, which the dirty arbiter received at a monotonic time, 0 if unknown."""

def task_answered(token: int, outcome: str, is_running: bool) -> int:
    """Counts a task that is answered. Returns a token for ``task_ended`` if a thread still runs it, otherwise -1."""

def task_ended(token: int) -> None:
    """Records that the thread of a task that timed out has ended."""

def set_threads(threads: int) -> None:
    """Sets how many threads of a dirty worker run tasks."""

def update_dirty() -> None:
    """Updates memory, processor time and age of a dirty worker."""

def takes_stacks() -> bool:
    """Returns whether the configuration lets other processes take stacks."""

def signal_handler(signal: int) -> int:
    """Returns the address of a signal's handler in this process: 0 is the default action, -1 is no signal."""

def guard_stack_signal(signal: int) -> int:
    """Puts a handler around that of ``faulthandler`` which keeps ``errno`` and survives a fault.

    Returns its address, -1 on failure.
    """

def stack_faults() -> int:
    """Returns how many stacks of this process have ended in a fault. CPython writes none after the first."""

def set_stack_signal(signal: int) -> None:
    """Sets the signal whose handler writes a stack; 0 if there is none any more."""

def set_timeout(seconds: float) -> None:
    """Sets Gunicorn's setting ``timeout``, in seconds; 0 if it is off."""

def set_capacity(requests: int) -> None:
    """Sets how many requests the worker can have in flight at once, 0 if unknown."""

def heartbeat() -> bool:
    """Refreshes memory, CPU and uptime, at most once a second. Returns True at most once a second."""

def update() -> None:
    """Refreshes memory, CPU and uptime now."""

def set_state(state: str) -> None:
    """Enters a state: "starting", "running", "quit" or "abort"."""

def loop_started(sees_polls: bool) -> None:
    """Starts measuring the worker's event loop, which runs now; ``sees_polls`` is whether every poll is recorded."""

def loop_waits() -> None:
    """Records that the loop begins to wait for events."""

def loop_runs() -> None:
    """Records that the loop runs after it waited."""

def loop_turns() -> None:
    """Records that the loop looks for events without waiting for any."""

def loop_ticked(lag: float, sampled: float) -> None:
    """Records how late the loop ran its timer. ``sampled`` is its busy time since the last call if no poll is recorded, else 0."""

def limit_connections(limit: int) -> None:
    """Sets how many connections the worker accepts at most, and starts recording them."""

def thread_awaited() -> float:
    """Records that a connection begins to wait for a thread. Returns the time for ``thread_taken``."""

def thread_taken(since: float) -> None:
    """Records that a thread takes a connection that waited since a time."""

def set_connections(all: int, kept_alive: int) -> None:
    """Sets how many connections the worker has, and how many of them it keeps alive between two requests."""

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

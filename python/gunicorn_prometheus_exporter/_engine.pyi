"""The engine, a CPython extension module written in C#. Only ``engine.py`` imports it.

Functions without a note never raise: a fault of the engine is counted in ``gunicorn_exporter_dropped_total``.
"""

from typing import Any, Union

def open(directory: str, role: str, timestamps: bool) -> str:
    """Takes the lowest free slot for the role ("worker" or "process"), opens its files, returns the worker_id.

    ``timestamps`` is the entry layout of files that this creates. Raises MetricsError.
    """

def request_finished(method: str, path: str, status: int, seconds: float) -> None:
    """Records one finished request."""

def error_handled(method: str, path: str, error_type: str) -> None:
    """Records one exception that reached the worker."""

def heartbeat() -> None:
    """Refreshes memory, CPU and uptime, at most once a second."""

def update() -> None:
    """Refreshes memory, CPU and uptime now."""

def set_state(state: str) -> None:
    """Enters a state: "starting", "running", "quit" or "abort"."""

def inc(family: str, amount: float, labels: dict[str, Union[str, int]]) -> None:
    """Adds to a counter. Raises MetricsError."""

def set(family: str, value: float, labels: dict[str, Union[str, int]]) -> None:
    """Sets a gauge. Raises MetricsError."""

def observe(family: str, value: float, labels: dict[str, Union[str, int]]) -> None:
    """Adds an observation to a histogram. Raises MetricsError."""

def disable() -> None:
    """Makes every recording a no-op, for good: this process is a forked child."""

def statistics() -> dict[str, Any]:
    """Returns what the engine knows of itself: worker_id, dropped, allocated_bytes."""

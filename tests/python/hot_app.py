"""An application whose functions spend known shares of the time of a request, in processor time: 50, 30 and 20 %."""

import time
from typing import Any, Callable, Iterable

#: How often a request goes through the functions.
ROUNDS = 5


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(100))


def half() -> None:
    busy(0.05)


def third() -> None:
    busy(0.03)


def fifth() -> None:
    busy(0.02)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    for _ in range(ROUNDS):
        half()
        third()
        fifth()
    start_response("200 OK", [("Content-Length", "0")])
    return []

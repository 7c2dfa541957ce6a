"""Measures an event loop: when it polls for events, and how late it runs a timer."""

import time
from types import ModuleType
from typing import Any, Callable, Optional

from .guard import fault

#: Seconds between two runs of the timer. The engine's ``FlightFormat`` has the same.
INTERVAL = 0.5

LOOP = "the event loop"


def polling(stock: Any, engine: ModuleType) -> Any:
    """Returns a wrapper of a function that polls for events, and waits for one unless its timeout is 0."""
    loop_waits, loop_runs, loop_turns = engine.loop_waits, engine.loop_runs, engine.loop_turns

    def poll(timeout: Optional[float] = None) -> Any:
        try:
            if timeout == 0:
                loop_turns()
            else:
                loop_waits()
        except Exception:
            fault(LOOP)
        if timeout == 0:
            return stock(timeout)
        try:
            return stock(timeout)
        finally:
            try:
                loop_runs()
            except Exception:
                fault(LOOP)

    return poll


def start_timer(engine: ModuleType, schedule: Callable[[float, Callable[[], None]], object], sample: Callable[[float], float]) -> None:
    """Records every INTERVAL seconds how late the loop runs a timer.

    ``schedule`` makes the loop call a function after some seconds. ``sample`` returns the busy time since its last call, given
    the lag; 0 if the engine sees the loop's polls.
    """
    due = time.monotonic() + INTERVAL

    def tick() -> None:
        nonlocal due
        try:
            now = time.monotonic()
            lag = max(0.0, now - due)
            engine.loop_ticked(lag, sample(lag))
            due = now + INTERVAL
        except Exception:
            fault(LOOP)
        schedule(INTERVAL, tick)

    schedule(INTERVAL, tick)


def seen(lag: float) -> float:
    """The sample of a loop whose polls the engine sees."""
    return 0.0

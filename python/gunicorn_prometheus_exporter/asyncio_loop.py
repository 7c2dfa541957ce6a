"""Measures the asyncio loop of a worker, from its first heartbeat on: before that, some workers have no loop."""

import asyncio
import time
from types import ModuleType
from typing import Any, Callable

from .guard import call
from .loop_time import INTERVAL, LOOP, polling, seen, start_timer
from .private_names import read, wrap


def install(worker: Any, engine: ModuleType) -> None:
    """Measures the loop that the worker's heartbeat runs in."""
    is_watched = False
    engine.loop_started(False)

    def watching(stock: Any) -> Any:
        def notify(*arguments: Any, **named: Any) -> Any:
            nonlocal is_watched
            if not is_watched:
                is_watched = call(LOOP, _watch, engine) is not False
            return stock(*arguments, **named)

        return notify

    wrap("gunicorn.workers.base:Worker.notify", watching, worker)


def _watch(engine: ModuleType) -> bool:
    """Returns False if no loop runs yet."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return False
    # Other loops, uvloop for one, do not poll in Python.
    has_selector = isinstance(loop, asyncio.SelectorEventLoop)
    selector = read("asyncio.selector_events:BaseSelectorEventLoop._selector", None, loop) if has_selector else None
    engine.loop_started(selector is not None)
    if selector is not None:
        wrap("selectors:DefaultSelector.select", lambda stock: polling(stock, engine), selector)
    start_timer(engine, loop.call_later, _sampled() if selector is None else seen)
    return True


def _sampled() -> Callable[[float], float]:
    """Returns a function that estimates busy time: the processor time of the thread, or the lag if a blocked loop caused more."""
    last = time.thread_time()

    def sample(lag: float) -> float:
        nonlocal last
        used, last = time.thread_time() - last, time.thread_time()
        return min(max(used, lag), INTERVAL + lag)

    return sample

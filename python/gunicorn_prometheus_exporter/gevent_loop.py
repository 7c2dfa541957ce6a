"""Measures gevent's hub, which polls in C: watchers run before and after each poll."""

from types import ModuleType
from typing import Any, Callable

from .loop_time import INTERVAL, seen, start_timer

#: A watcher stops when it is no longer referenced.
_watchers: list[Any] = []


def install(worker: Any, engine: ModuleType) -> None:
    """Measures the hub of this thread, which is the worker's."""
    from gevent import get_hub

    loop = get_hub().loop
    # The last thing before a poll, and the first after it: gevent switches to greenlets in a watcher of the default priority.
    before = loop.prepare(ref=False, priority=loop.MINPRI)
    after = loop.check(ref=False, priority=loop.MAXPRI)
    timer = loop.timer(INTERVAL, INTERVAL, ref=False)
    _watchers[:] = (before, after, timer)

    def schedule(seconds: float, function: Callable[[], None]) -> None:
        # ``start`` would continue with the time that the timer had left, which is 0.
        timer.again(function, update=True)

    engine.loop_started(True)
    before.start(engine.loop_waits)
    after.start(engine.loop_runs)
    start_timer(engine, schedule, seen)

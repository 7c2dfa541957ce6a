"""Measures eventlet's hub."""

from types import ModuleType
from typing import Any

from .loop_time import polling, seen, start_timer
from .private_names import wrap


def install(worker: Any, engine: ModuleType) -> None:
    """Measures the hub of this thread, which is the worker's."""
    from eventlet.hubs import get_hub

    hub = get_hub()
    engine.loop_started(True)
    wrap("eventlet.hubs.poll:Hub.do_poll", lambda stock: polling(stock, engine), hub)
    start_timer(engine, hub.schedule_call_global, seen)

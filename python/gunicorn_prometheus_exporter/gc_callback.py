"""Records Python's garbage collections in a worker, and none in the children that it forks."""

import gc
import os
from types import ModuleType

from . import guard

_COLLECTIONS = "garbage collections"


class _Callback:
    """The engine's callback, which is away while the worker forks.

    A child may collect before the engine is disabled there, and would write to the files of its parent's slot.
    """

    def __init__(self, engine: ModuleType) -> None:
        self._callback = engine.collecting
        self._forks = 0
        self._is_away = True

    def add(self) -> None:
        # Several threads may fork at once. An application that has removed the callback does not get it back.
        if self._is_away and not self._forks:
            self._is_away = False
            gc.callbacks.append(self._callback)

    def remove(self) -> None:
        if self._callback in gc.callbacks:
            gc.callbacks.remove(self._callback)
            self._is_away = True

    def before_fork(self) -> None:
        self._forks += 1
        guard.call(_COLLECTIONS, self.remove)

    def after_fork(self) -> None:
        self._forks -= 1
        guard.call(_COLLECTIONS, self.add)


def install(engine: ModuleType) -> None:
    """Records collections from now on."""
    callback = _Callback(engine)
    callback.add()
    os.register_at_fork(before=callback.before_fork, after_in_parent=callback.after_fork)

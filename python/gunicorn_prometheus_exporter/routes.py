"""Starts the reports of the frameworks that the application has imported: the routes of requests, and handled exceptions.

If the internals of a framework differ from the expected ones, its endpoints are normalised paths, as without a framework.
"""

import importlib
import sys
from types import ModuleType

from .guard import call
from .reports import TOKEN, Reports

__all__ = ["TOKEN", "install"]

#: By the module that an application with the framework has imported: its module in ``frameworks``, and the function there.
_FRAMEWORKS = {
    "flask": ("flask", "watch"),
    "django.core.handlers.base": ("django", "watch"),
    "starlette.routing": ("starlette", "watch"),
    "starlette.applications": ("starlette", "watch_applications"),
    "fastapi.routing": ("starlette", "watch_fastapi"),
    "bottle": ("bottle", "watch"),
    "falcon.app": ("falcon", "watch"),
    "falcon.asgi.app": ("falcon", "watch_asgi"),
    "pyramid.urldispatch": ("pyramid", "watch"),
}


def install(engine: ModuleType) -> bool:
    """Starts the reports of the frameworks that are imported. Returns whether there are any."""
    loaded = [name for name in _FRAMEWORKS if name in sys.modules]
    for name in loaded:
        call("routes", _watch, name, engine)
    return bool(loaded)


def _watch(name: str, engine: ModuleType) -> None:
    module, function = _FRAMEWORKS[name]
    watch = getattr(importlib.import_module(f".frameworks.{module}", __package__), function)
    watch(Reports(engine, module))

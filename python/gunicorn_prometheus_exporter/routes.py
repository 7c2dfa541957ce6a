"""The route that a framework found for a request, told to the engine: Flask's, Django's, Starlette's and FastAPI's.

Only frameworks that the application has loaded are looked at. One whose inside is not as expected is left alone; its
endpoints are then normalised paths, as without a framework.
"""

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Callable, Optional

#: The key under which a request's token is found, in its WSGI environment or its ASGI scope.
TOKEN = "gunicorn_prometheus_exporter.token"

#: The key under which a scope tells where the routers that it has been through are mounted.
_MOUNTED_AT = "gunicorn_prometheus_exporter.mounted_at"

#: A request's environment or scope, and its route.
Found = tuple[Mapping[str, Any], Optional[str]]

#: Calls a function that finds a route, and tells the engine what it found.
Tell = Callable[..., None]


def install(worker: Any, engine: ModuleType) -> bool:
    """Wraps what finds routes, in the frameworks that are loaded; returns whether there are any."""
    loaded = [name for name in _FRAMEWORKS if name in sys.modules]
    for name in loaded:
        try:
            _FRAMEWORKS[name](sys.modules[name], _teller(worker, engine, name))
        except AttributeError as error:
            _warn(worker, name, error)
    return bool(loaded)


def _teller(worker: Any, engine: ModuleType, framework: str) -> Tell:
    request_routed = engine.request_routed
    is_broken = False

    def tell(find: Callable[..., Found], *arguments: Any) -> None:
        nonlocal is_broken
        if is_broken:
            return
        try:
            request, route = find(*arguments)
        except Exception as error:
            is_broken = True
            _warn(worker, framework, error)
            return
        token = request.get(TOKEN)
        if token is not None and route:
            request_routed(token, route)

    return tell


def _warn(worker: Any, framework: str, error: Exception) -> None:
    worker.log.warning("Endpoints are paths, not routes: this %s has changed (%s)", framework, error)


def _watch_flask(flask: Any, tell: Tell) -> None:
    stock = flask.Flask.full_dispatch_request

    # By now the route was found; hooks of the application and its views run inside.
    def full_dispatch_request(self: Any, *arguments: Any) -> Any:
        tell(_flask_route, flask.request)
        return stock(self, *arguments)

    flask.Flask.full_dispatch_request = full_dispatch_request


def _flask_route(request: Any) -> Found:
    rule, environ = request.url_rule, request.environ
    return environ, None if rule is None else environ.get("SCRIPT_NAME", "") + rule.rule


def _watch_django(base: Any, tell: Tell) -> None:
    stock = base.BaseHandler.resolve_request

    def resolve_request(self: Any, request: Any) -> Any:
        match = stock(self, request)
        tell(_django_route, request, match)
        return match

    base.BaseHandler.resolve_request = resolve_request


def _django_route(request: Any, match: Any) -> Found:
    carrier = request.scope if hasattr(request, "scope") else request.environ
    return carrier, f"{request.META.get('SCRIPT_NAME', '')}/{match.route}"


def _watch_starlette(routing: Any, tell: Tell) -> None:
    stock_route = routing.Route.handle
    stock_mount = routing.Mount.handle

    async def handle_route(self: Any, scope: Any, receive: Any, send: Any) -> None:
        tell(_starlette_route, self, scope)
        await stock_route(self, scope, receive, send)

    async def handle_mount(self: Any, scope: Any, receive: Any, send: Any) -> None:
        tell(_starlette_mount, self, scope)
        await stock_mount(self, scope, receive, send)

    routing.Route.handle = handle_route
    routing.Mount.handle = handle_mount


def _starlette_route(route: Any, scope: Any) -> Found:
    return scope, scope.get(_MOUNTED_AT, "") + route.path


def _starlette_mount(mount: Any, scope: Any) -> Found:
    scope[_MOUNTED_AT] = scope.get(_MOUNTED_AT, "") + mount.path
    # What is mounted may have no routes of its own, as a folder of files has none.
    return scope, scope[_MOUNTED_AT] + "/{path}"


_FRAMEWORKS: dict[str, Callable[[Any, Tell], None]] = {
    "flask": _watch_flask,
    "django.core.handlers.base": _watch_django,
    "starlette.routing": _watch_starlette,
}

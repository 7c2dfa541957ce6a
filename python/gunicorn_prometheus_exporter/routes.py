"""Reports the route of each request to the engine, for Flask, Django, Starlette and FastAPI.

Only frameworks that the application has imported are wrapped. If the internals of a framework differ from the expected ones,
its endpoints are normalised paths, as without a framework.
"""

import logging
import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Callable, Optional

from .guard import call
from .private_names import wrap

_log = logging.getLogger("gunicorn.error")

#: The key of a request's token in its WSGI environment or its ASGI scope.
TOKEN = "gunicorn_prometheus_exporter.token"

#: The key of the mount path in an ASGI scope: the paths of all mounts that the request has passed.
_MOUNTED_AT = "gunicorn_prometheus_exporter.mounted_at"

#: A request's environment or scope, and its route.
Found = tuple[Mapping[str, Any], Optional[str]]

#: Calls a function that finds a route, and reports the route to the engine.
Tell = Callable[..., None]


def install(engine: ModuleType) -> bool:
    """Wraps the routing of the frameworks that are imported. Returns whether there are any."""
    loaded = [name for name in _FRAMEWORKS if name in sys.modules]
    for name in loaded:
        _FRAMEWORKS[name](_teller(engine, name))
    return bool(loaded)


def _teller(engine: ModuleType, framework: str) -> Tell:
    request_routed = engine.request_routed
    is_broken = False

    def tell(find: Callable[..., Found], *arguments: Any) -> None:
        nonlocal is_broken
        if is_broken:
            return
        try:
            request, route = find(*arguments)
            token = request.get(TOKEN)
            if token is not None and route:
                request_routed(token, route)
        except Exception as error:
            # A changed framework fails for every request.
            is_broken = True
            call("routes", _log.warning, "Endpoints are paths, not routes: this %s has changed (%s)", framework, error)

    return tell


def _watch_flask(tell: Tell) -> None:
    def with_route(stock: Any) -> Any:
        # Flask has found the route by now. The application's hooks and views run inside this call.
        def full_dispatch_request(self: Any, *arguments: Any, **named: Any) -> Any:
            tell(_flask_route)
            return stock(self, *arguments, **named)

        return full_dispatch_request

    wrap("flask:Flask.full_dispatch_request", with_route)


def _flask_route() -> Found:
    request = sys.modules["flask"].request
    rule, environ = request.url_rule, request.environ
    return environ, None if rule is None else environ.get("SCRIPT_NAME", "") + rule.rule


def _watch_django(tell: Tell) -> None:
    def with_route(stock: Any) -> Any:
        def resolve_request(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
            match = stock(self, request, *arguments, **named)
            tell(_django_route, request, match)
            return match

        return resolve_request

    wrap("django.core.handlers.base:BaseHandler.resolve_request", with_route)


def _django_route(request: Any, match: Any) -> Found:
    carrier = request.scope if hasattr(request, "scope") else request.environ
    return carrier, f"{request.META.get('SCRIPT_NAME', '')}/{match.route}"


def _watch_starlette(tell: Tell) -> None:
    def telling(find: Callable[..., Found]) -> Callable[[Any], Any]:
        def with_route(stock: Any) -> Any:
            async def handle(self: Any, scope: Any, *arguments: Any, **named: Any) -> Any:
                tell(find, self, scope)
                return await stock(self, scope, *arguments, **named)

            return handle

        return with_route

    wrap("starlette.routing:Route.handle", telling(_starlette_route))
    wrap("starlette.routing:Mount.handle", telling(_starlette_mount))


def _starlette_route(route: Any, scope: Any) -> Found:
    return scope, scope.get(_MOUNTED_AT, "") + route.path


def _starlette_mount(mount: Any, scope: Any) -> Found:
    scope[_MOUNTED_AT] = scope.get(_MOUNTED_AT, "") + mount.path
    # A mounted application may have no routes, for instance a directory of static files.
    return scope, scope[_MOUNTED_AT] + "/{path}"


_FRAMEWORKS: dict[str, Callable[[Tell], None]] = {
    "flask": _watch_flask,
    "django.core.handlers.base": _watch_django,
    "starlette.routing": _watch_starlette,
}

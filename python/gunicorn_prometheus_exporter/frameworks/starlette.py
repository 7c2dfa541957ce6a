"""Starlette, and FastAPI, whose included routers find routes of their own from 0.137 on."""

from collections.abc import Iterable
from typing import Any, Callable, Optional

from ..private_names import wrap
from ..reports import UNMATCHED, Found, Reports, target

#: The key of the mount path in an ASGI scope: the paths of all mounts that the request has passed.
_MOUNTED_AT = "gunicorn_prometheus_exporter.mounted_at"

#: The key of the last mount that the request has passed.
_MOUNT = "gunicorn_prometheus_exporter.mount"


def watch(reports: Reports) -> None:
    wrap("starlette.routing:Route.handle", lambda stock: _reporting(stock, reports, _route))
    wrap("starlette.routing:WebSocketRoute.handle", lambda stock: _reporting(stock, reports, _route))
    wrap("starlette.routing:Mount.handle", lambda stock: _reporting(stock, reports, _mount))
    wrap("starlette.routing:RedirectResponse", lambda stock: _redirecting(stock, reports))


def watch_applications(reports: Reports) -> None:
    wrap("starlette.applications:Starlette.__call__", lambda stock: _entering(stock, reports))


def watch_fastapi(reports: Reports) -> None:
    from fastapi import routing

    # Earlier versions inherit the method, and turn the routes of an included router into the application's own.
    if "handle" in vars(routing.APIRoute):
        wrap("fastapi.routing:APIRoute.handle", lambda stock: _reporting(stock, reports, _included_route))
    if "RedirectResponse" in vars(routing):
        # FastAPI's own routers create redirects in place of Starlette's routers.
        wrap("fastapi.routing:RedirectResponse", lambda stock: _redirecting(stock, reports))
    if hasattr(routing, "_FrontendStaticFiles"):
        wrap("fastapi.routing:_FrontendStaticFiles.get_response_for_scope", lambda stock: _reporting(stock, reports, _frontend))


def _reporting(stock: Any, reports: Reports, find: Callable[[Any, Any], Found]) -> Any:
    async def handle(self: Any, scope: Any, *arguments: Any, **named: Any) -> Any:
        reports.route(find, self, scope)
        return await stock(self, scope, *arguments, **named)

    return handle


def _entering(stock: Any, reports: Reports) -> Any:
    async def __call__(self: Any, scope: Any, *arguments: Any, **named: Any) -> Any:
        if id(self) not in reports.declared:
            reports.declare(self, _declared, self, scope)
        reports.route(_entered, scope)
        await stock(self, scope, *arguments, **named)

    return __call__


def _redirecting(stock: Any, reports: Reports) -> Any:
    async def __call__(self: Any, scope: Any, *arguments: Any, **named: Any) -> Any:
        reports.route(_redirected, scope)
        await stock.__call__(self, scope, *arguments, **named)

    # A router creates its redirects to paths with or without a slash at their end by this name.
    return type(stock.__name__, (stock,), {"__call__": __call__, "__module__": stock.__module__})


def _flat(routes: Any) -> Iterable[Any]:
    """Yields the routes, with those of FastAPI's included routers instead of the routers."""
    for route in routes:
        if hasattr(route, "effective_candidates"):
            yield from _flat(route.effective_candidates())
        else:
            yield getattr(route, "starlette_route", None) or route


def _declared(application: Any, scope: Any) -> Iterable[str]:
    # An application may replace its router by one without routes.
    return _below(application.routes, scope.get(_MOUNTED_AT, ""))


def _below(routes: Any, prefix: str) -> Iterable[str]:
    for route in _flat(routes):
        path = getattr(route, "path", None)
        if path is None:
            continue
        yield prefix + path + ("/{path}" if hasattr(route, "routes") else "")
        yield from _below(getattr(route, "routes", None) or (), prefix + path)


def _entered(scope: Any) -> Found:
    # If a mounted application finds no route, the request keeps the route of the mount.
    return scope, None if "endpoint" in scope else UNMATCHED


def _redirected(scope: Any) -> Found:
    # A frontend already has its route. It redirects a directory's path without a slash to the one with a slash.
    is_frontend = "frontend_path" in scope.get("fastapi", ())
    return scope, None if is_frontend else target(_target, scope)


def _target(scope: Any) -> Optional[str]:
    path = scope["path"]
    slashed = {**scope, "path": path.rstrip("/") if path.endswith("/") else path + "/"}
    return _find((scope.get(_MOUNT) or scope["router"]).routes, slashed, scope.get(_MOUNTED_AT, ""))


def _find(routes: Any, scope: Any, prefix: str) -> Optional[str]:
    """Returns the route of a request below these routes, as the methods that handle it report it."""
    for route in _flat(routes):
        match, child = route.matches(scope)
        if match.value:
            place = prefix + getattr(route, "path", "")
            if not hasattr(route, "routes"):
                return place
            return _find(route.routes, {**scope, **child}, place) or place + "/{path}"
    return None


def _route(route: Any, scope: Any) -> Found:
    return scope, scope.get(_MOUNTED_AT, "") + route.path


def _mount(mount: Any, scope: Any) -> Found:
    scope[_MOUNT] = mount
    scope[_MOUNTED_AT] = scope.get(_MOUNTED_AT, "") + mount.path
    # A mounted application may have no routes, for instance a directory of static files.
    return scope, scope[_MOUNTED_AT] + "/{path}"


def _included_route(route: Any, scope: Any) -> Found:
    context = scope.get("fastapi", {}).get("effective_route_context")
    if context is None or context.original_route is not route:
        # It is a route of the application itself, for which FastAPI calls Starlette's method.
        return scope, None
    return scope, scope.get(_MOUNTED_AT, "") + context.path


def _frontend(files: Any, scope: Any) -> Found:
    path, root, file = scope["path"], scope.get("root_path", ""), scope["fastapi"]["frontend_path"]
    place = path[:len(path) - len(file)].rstrip("/")
    return scope, scope.get(_MOUNTED_AT, "") + (place[len(root):] if place.startswith(root) else place) + "/{path}"

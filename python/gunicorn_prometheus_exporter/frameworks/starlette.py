"""Starlette, and FastAPI, whose included routers find routes of their own from 0.137 on."""

from typing import Any, Callable

from ..private_names import wrap
from ..reports import Found, Reports

#: The key of the mount path in an ASGI scope: the paths of all mounts that the request has passed.
_MOUNTED_AT = "gunicorn_prometheus_exporter.mounted_at"


def watch(reports: Reports) -> None:
    wrap("starlette.routing:Route.handle", lambda stock: _reporting(stock, reports, _route))
    wrap("starlette.routing:Mount.handle", lambda stock: _reporting(stock, reports, _mount))


def watch_fastapi(reports: Reports) -> None:
    from fastapi import routing

    # Earlier versions inherit the method, and turn the routes of an included router into the application's own.
    if "handle" in vars(routing.APIRoute):
        wrap("fastapi.routing:APIRoute.handle", lambda stock: _reporting(stock, reports, _included_route))
    if hasattr(routing, "_FrontendStaticFiles"):
        wrap("fastapi.routing:_FrontendStaticFiles.get_response_for_scope", lambda stock: _reporting(stock, reports, _frontend))


def _reporting(stock: Any, reports: Reports, find: Callable[[Any, Any], Found]) -> Any:
    async def handle(self: Any, scope: Any, *arguments: Any, **named: Any) -> Any:
        reports.route(find, self, scope)
        return await stock(self, scope, *arguments, **named)

    return handle


def _route(route: Any, scope: Any) -> Found:
    return scope, scope.get(_MOUNTED_AT, "") + route.path


def _mount(mount: Any, scope: Any) -> Found:
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

"""Pyramid: the pattern of a request's route. Its exceptions reach the server, which counts them."""

from typing import Any

from ..private_names import wrap
from ..reports import Found, Reports


def watch(reports: Reports) -> None:
    wrap("pyramid.urldispatch:RoutesMapper.__call__", lambda stock: _with_route(stock, reports))


def _with_route(stock: Any, reports: Reports) -> Any:
    def __call__(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        info = stock(self, request, *arguments, **named)
        reports.route(_route, request, info)
        return info

    return __call__


def _route(request: Any, info: Any) -> Found:
    route, environ = info["route"], request.environ
    return environ, None if route is None else f"{environ.get('SCRIPT_NAME', '')}/{route.pattern.lstrip('/')}"

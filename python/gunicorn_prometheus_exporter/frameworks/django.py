"""Django, by WSGI and ASGI: the route of a request, and the exceptions that Django answers with a 500."""

import sys
from collections.abc import Iterable, Mapping
from typing import Any, Optional
from urllib.parse import urlsplit

from ..private_names import read, wrap
from ..reports import Found, Reports, target


def watch(reports: Reports) -> None:
    wrap("django.core.handlers.base:BaseHandler.resolve_request", lambda stock: _with_route(stock, reports))
    wrap("django.core.handlers.base:BaseHandler.get_response", lambda stock: _with_unmatched(stock, reports))
    wrap("django.core.handlers.base:BaseHandler.get_response_async", lambda stock: _with_unmatched_async(stock, reports))
    signal = read("django.core.signals:got_request_exception", None)
    if signal is not None:
        signal.connect(_receiver(reports), weak=False)


def _with_route(stock: Any, reports: Reports) -> Any:
    def resolve_request(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        match = stock(self, request, *arguments, **named)
        if id(self) not in reports.declared:
            reports.declare(self, _routes, request)
        reports.route(_route, request, match)
        return match

    return resolve_request


def _with_unmatched(stock: Any, reports: Reports) -> Any:
    # Middleware can answer a request before Django looks for its route.
    def get_response(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        response = stock(self, request, *arguments, **named)
        if getattr(request, "resolver_match", None) is None:
            reports.route(_unmatched, request, response)
        return response

    return get_response


def _with_unmatched_async(stock: Any, reports: Reports) -> Any:
    async def get_response_async(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        response = await stock(self, request, *arguments, **named)
        if getattr(request, "resolver_match", None) is None:
            reports.route(_unmatched, request, response)
        return response

    return get_response_async


def _routes(request: Any) -> Iterable[str]:
    from django.urls import get_resolver

    prefix = request.META.get("SCRIPT_NAME", "")
    return [f"{prefix}/{route}" for route in _below(get_resolver(getattr(request, "urlconf", None)), "")]


def _below(resolver: Any, prefix: str) -> Iterable[str]:
    """Returns the routes of a resolver as a match has them: joined, without the ``^`` of a part that is a regular expression."""
    for pattern in resolver.url_patterns:
        part = str(pattern.pattern)
        route = prefix + part[1:] if prefix and part.startswith("^") else prefix + part
        if hasattr(pattern, "url_patterns"):
            yield from _below(pattern, route)
        else:
            yield route


def _route(request: Any, match: Any) -> Found:
    return _carrier(request), _named(request, match)


def _named(request: Any, match: Any) -> str:
    return f"{request.META.get('SCRIPT_NAME', '')}/{match.route}"


def _unmatched(request: Any, response: Any) -> Found:
    return _carrier(request), target(_target, request, response)


def _target(request: Any, response: Any) -> Optional[str]:
    """Returns the route of the path with a slash at its end, if the response redirects there."""
    from django.conf import settings
    from django.urls import resolve

    location = response.get("Location")
    if location is None or urlsplit(location).path != urlsplit(request.get_full_path(force_append_slash=True)).path:
        return None
    urlconf = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    return _named(request, resolve(request.path_info + "/", urlconf))


def _receiver(reports: Reports) -> Any:
    # Django sends the signal while it handles the exception, in whichever thread.
    def failed(sender: Any, request: Any = None, **named: Any) -> None:
        reports.failure(lambda: (_carrier(request), sys.exc_info()[1]))

    return failed


def _carrier(request: Any) -> Mapping[str, Any]:
    carrier: Mapping[str, Any] = request.scope if hasattr(request, "scope") else request.environ
    return carrier

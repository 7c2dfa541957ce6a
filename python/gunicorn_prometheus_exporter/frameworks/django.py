"""Django, by WSGI and ASGI: the route of a request, and the exceptions that Django answers with a 500."""

import sys
from collections.abc import Mapping
from typing import Any

from ..private_names import read, wrap
from ..reports import Found, Reports


def watch(reports: Reports) -> None:
    wrap("django.core.handlers.base:BaseHandler.resolve_request", lambda stock: _with_route(stock, reports))
    signal = read("django.core.signals:got_request_exception", None)
    if signal is not None:
        signal.connect(_receiver(reports), weak=False)


def _with_route(stock: Any, reports: Reports) -> Any:
    def resolve_request(self: Any, request: Any, *arguments: Any, **named: Any) -> Any:
        match = stock(self, request, *arguments, **named)
        reports.route(_route, request, match)
        return match

    return resolve_request


def _route(request: Any, match: Any) -> Found:
    return _carrier(request), f"{request.META.get('SCRIPT_NAME', '')}/{match.route}"


def _receiver(reports: Reports) -> Any:
    # Django sends the signal while it handles the exception, in whichever thread.
    def failed(sender: Any, request: Any = None, **named: Any) -> None:
        reports.failure(lambda: (_carrier(request), sys.exc_info()[1]))

    return failed


def _carrier(request: Any) -> Mapping[str, Any]:
    carrier: Mapping[str, Any] = request.scope if hasattr(request, "scope") else request.environ
    return carrier

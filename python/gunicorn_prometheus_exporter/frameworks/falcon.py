"""Falcon, by WSGI and ASGI: the URI template of a request, and the exceptions that Falcon answers with a 500."""

import sys
from collections.abc import Mapping
from typing import Any, Optional

from ..private_names import wrap
from ..reports import UNMATCHED, Failure, Found, Reports


def watch(reports: Reports) -> None:
    wrap("falcon.app:App.__call__", lambda stock: _entering(stock, reports))
    wrap("falcon.app:App._get_responder", lambda stock: _with_route(stock, reports))
    wrap("falcon.app:App._handle_exception", lambda stock: _with_failure(stock, reports))


def watch_asgi(reports: Reports) -> None:
    wrap("falcon.asgi.app:App.__call__", lambda stock: _entering_async(stock, reports))
    wrap("falcon.asgi.app:App._handle_exception", lambda stock: _with_async_failure(stock, reports))


def _entering(stock: Any, reports: Reports) -> Any:
    def __call__(self: Any, environ: Any, *arguments: Any, **named: Any) -> Any:
        reports.route(_entered, environ)
        return stock(self, environ, *arguments, **named)

    return __call__


def _entering_async(stock: Any, reports: Reports) -> Any:
    async def __call__(self: Any, scope: Any, *arguments: Any, **named: Any) -> Any:
        reports.route(_entered, scope)
        return await stock(self, scope, *arguments, **named)

    return __call__


def _entered(carrier: Any) -> Found:
    return carrier, UNMATCHED


def _with_route(stock: Any, reports: Reports) -> Any:
    def _get_responder(self: Any, req: Any, *arguments: Any, **named: Any) -> Any:
        found = stock(self, req, *arguments, **named)
        reports.route(_route, self, req, found)
        return found

    return _get_responder


def _route(app: Any, req: Any, found: Any) -> Found:
    carrier, template = _carrier(req), found[3]
    if template is None:
        template = _prefix(app, found[0])
    return carrier, template and carrier.get("SCRIPT_NAME", "") + template


def _prefix(app: Any, responder: Any) -> Optional[str]:
    """Returns the pattern of a sink, or the prefix of a static route."""
    for matcher, found, is_sink in getattr(app, "_sink_and_static_routes", ()):
        if found is responder:
            return str(matcher.pattern) if is_sink else f"{matcher._prefix.rstrip('/')}/{{path}}"
    return None


def _with_failure(stock: Any, reports: Reports) -> Any:
    def _handle_exception(self: Any, req: Any, resp: Any, ex: Any, *arguments: Any, **named: Any) -> Any:
        is_handled = stock(self, req, resp, ex, *arguments, **named)
        if is_handled:
            reports.failure(_failure, req, resp, ex)
        return is_handled

    return _handle_exception


def _with_async_failure(stock: Any, reports: Reports) -> Any:
    async def _handle_exception(self: Any, req: Any, resp: Any, ex: Any, *arguments: Any, **named: Any) -> Any:
        is_handled = await stock(self, req, resp, ex, *arguments, **named)
        if is_handled and resp is not None:
            reports.failure(_failure, req, resp, ex)
        return is_handled

    return _handle_exception


def _failure(req: Any, resp: Any, ex: Any) -> Failure:
    falcon = sys.modules["falcon"]
    is_answer = isinstance(ex, (falcon.HTTPError, falcon.HTTPStatus))
    is_server_error = falcon.code_to_http_status(resp.status).startswith("5")
    return _carrier(req), ex if is_server_error and not is_answer else None


def _carrier(req: Any) -> Mapping[str, Any]:
    carrier: Mapping[str, Any] = req.scope if hasattr(req, "scope") else req.env
    return carrier

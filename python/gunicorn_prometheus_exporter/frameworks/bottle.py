"""Bottle: the rule of a request, and the exceptions that Bottle answers with a 500."""

import sys
from typing import Any

from ..outcome import INTERNAL_SERVER_ERROR
from ..private_names import wrap
from ..reports import UNMATCHED, Failure, Found, Reports


def watch(reports: Reports) -> None:
    wrap("bottle:Bottle._handle", lambda stock: _entering(stock, reports))
    wrap("bottle:Router.match", lambda stock: _with_route(stock, reports))
    wrap("bottle:Bottle._cast", lambda stock: _with_failure(stock, reports))


def _entering(stock: Any, reports: Reports) -> Any:
    def _handle(self: Any, environ: Any, *arguments: Any, **named: Any) -> Any:
        reports.route(_entered, environ)
        return stock(self, environ, *arguments, **named)

    return _handle


def _entered(environ: Any) -> Found:
    # If a mounted application finds no route, the request keeps the route of the mount.
    return environ, None if "bottle.route" in environ else UNMATCHED


def _with_route(stock: Any, reports: Reports) -> Any:
    def match(self: Any, environ: Any, *arguments: Any, **named: Any) -> Any:
        found = stock(self, environ, *arguments, **named)
        reports.route(_route, environ, found)
        return found

    return match


def _route(environ: Any, found: Any) -> Found:
    # Bottle shifts the prefix of a mounted application to SCRIPT_NAME.
    return environ, environ.get("SCRIPT_NAME", "").rstrip("/") + found[0].rule


def _with_failure(stock: Any, reports: Reports) -> Any:
    # Bottle passes the result of each view: its HTTPError, for an exception, carries that exception.
    def _cast(self: Any, out: Any, *arguments: Any, **named: Any) -> Any:
        if isinstance(getattr(out, "exception", None), Exception):
            reports.failure(_failure, out)
        return stock(self, out, *arguments, **named)

    return _cast


def _failure(error: Any) -> Failure:
    return sys.modules["bottle"].request.environ, error.exception if error.status_code >= INTERNAL_SERVER_ERROR else None

"""Flask: the rule of a request, and the exceptions that Flask answers with a 500."""

import logging
import sys
from collections.abc import Iterable
from typing import Any, Optional
from urllib.parse import unquote, urlsplit

from ..private_names import read, wrap
from ..reports import UNMATCHED, Found, Reports, target

_log = logging.getLogger("gunicorn.error")


def watch(reports: Reports) -> None:
    wrap("flask:Flask.full_dispatch_request", lambda stock: _with_route(stock, reports))
    signal = read("flask.signals:got_request_exception", None)
    if not vars(sys.modules["flask.signals"]).get("signals_available", True):
        # Flask before 2.3 runs without blinker, but sends no signals then.
        _log.warning("Exceptions that Flask answers with a 500 are not recorded: blinker is not installed")
    elif signal is not None:
        signal.connect(_receiver(reports), weak=False)


def _with_route(stock: Any, reports: Reports) -> Any:
    # Flask has found the route by now. The application's hooks and views run inside this call.
    def full_dispatch_request(self: Any, *arguments: Any, **named: Any) -> Any:
        if id(self) not in reports.declared:
            reports.declare(self, _routes, self)
        reports.route(_route)
        return stock(self, *arguments, **named)

    return full_dispatch_request


def _routes(app: Any) -> Iterable[str]:
    prefix = sys.modules["flask"].request.environ.get("SCRIPT_NAME", "")
    return [prefix + rule.rule for rule in app.url_map.iter_rules()]


def _route() -> Found:
    request = sys.modules["flask"].request
    rule, environ = request.url_rule, request.environ
    prefix = environ.get("SCRIPT_NAME", "")
    if rule is None:
        return environ, target(_target, request, prefix)
    return environ, prefix + rule.rule


def _target(request: Any, prefix: str) -> Optional[str]:
    """Returns the route of the URL that Werkzeug redirects to, for instance with a slash at its end."""
    url = getattr(request.routing_exception, "new_url", None)
    if url is None:
        return None
    path = unquote(urlsplit(url).path)[len(request.root_path):]
    adapter = sys.modules["flask"].current_app.create_url_adapter(request)
    rule: str = adapter.match(path, return_rule=True)[0].rule
    return prefix + rule


def _receiver(reports: Reports) -> Any:
    # Extensions send the signal too, some without the exception.
    def failed(app: Any, exception: Any = None, **named: Any) -> None:
        reports.failure(lambda: (sys.modules["flask"].request.environ, exception or sys.exc_info()[1]))

    return failed

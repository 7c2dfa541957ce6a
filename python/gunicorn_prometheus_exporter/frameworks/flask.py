"""Flask: the rule of a request, and the exceptions that Flask answers with a 500."""

import logging
import sys
from typing import Any

from ..private_names import read, wrap
from ..reports import Found, Reports

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
        reports.route(_route)
        return stock(self, *arguments, **named)

    return full_dispatch_request


def _route() -> Found:
    request = sys.modules["flask"].request
    rule, environ = request.url_rule, request.environ
    return environ, None if rule is None else environ.get("SCRIPT_NAME", "") + rule.rule


def _receiver(reports: Reports) -> Any:
    # Extensions send the signal too, some without the exception.
    def failed(app: Any, exception: Any = None, **named: Any) -> None:
        reports.failure(lambda: (sys.modules["flask"].request.environ, exception or sys.exc_info()[1]))

    return failed

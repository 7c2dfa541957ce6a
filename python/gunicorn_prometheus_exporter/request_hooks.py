"""Records requests where Gunicorn calls its hooks ``pre_request`` and ``post_request``, which are wrapped in the worker."""

import sys
from types import ModuleType
from typing import Any

import gunicorn

from . import failures, response_hooks, routes
from .guard import call, fault
from .outcome import error_of, lacks_start, status_of
from .private_names import read, wrap

_REQUESTS = "requests"

#: Whether the client of an aborted worker's request receives a 500.
_ANSWERS_ABORTED = gunicorn.version_info >= (22,)


def count_error(engine: ModuleType, req: Any, exception: BaseException) -> None:
    """Counts an exception that ended a request, if it is an error. Two callers may see it; it is counted once."""
    error = error_of(exception)
    if error is not None and not getattr(req, "prometheus_failed", False):
        req.prometheus_failed = True
        failures.report(engine, getattr(req, "prometheus_token", -1), type(error).__name__, error.__traceback__)


def install(worker: Any, engine: ModuleType) -> None:
    """Wraps the worker's ``pre_request`` and ``post_request``, and still calls the user's own.

    Call it in the worker: the master's configuration must not refer to the engine.
    """
    cfg = worker.cfg
    users_pre_request = cfg.pre_request
    users_post_request = cfg.post_request
    stock_response = read("gunicorn.http.wsgi:Response", None)
    request_started = engine.request_started
    request_answered = engine.request_answered
    describe = engine.request_described if engine.has_extra_labels() else None

    # Request, step 2: Gunicorn has parsed it.
    def pre_request(worker: Any, req: Any) -> None:
        try:
            req.prometheus_token = request_started(req.method, req.path, req.headers)
            if describe is not None:
                describe(req.prometheus_token, req.scheme, req.headers)
        except Exception:
            fault(_REQUESTS)
        users_pre_request(worker, req)

    # Request, step 4: it is over, whatever the outcome. Called exactly once.
    def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
        try:
            is_recorded = type(resp) is stock_response and request_answered(req.prometheus_token, resp.status_code, resp.sent)
        except Exception:
            # No hook has seen the request, or the application never called start_response.
            is_recorded = False
        if not is_recorded:
            _finish(engine, worker, req, resp)
        users_post_request(worker, req, environ, resp)

    cfg.set("pre_request", pre_request)
    cfg.set("post_request", post_request)
    response_hooks.install(engine)
    if routes.install(engine):
        wrap("gunicorn.http.wsgi:create", _with_token)


def _finish(engine: ModuleType, worker: Any, req: Any, resp: Any) -> None:
    token = getattr(req, "prometheus_token", -1)
    try:
        exception = sys.exc_info()[1]
        if worker.is_aborted and not _ANSWERS_ABORTED and isinstance(exception, SystemExit) and not getattr(resp, "headers_sent", False):
            # The exporter accounts for it as lost.
            return
        if exception is not None:
            count_error(engine, req, exception)
        if lacks_start(resp):
            # Gunicorn raises it itself where it keeps the connection alive.
            failures.report(engine, token, "AttributeError", None)
        engine.request_finished(token, status_of(resp, exception), 0 if resp is None else resp.sent)
    except Exception:
        fault(_REQUESTS)
        call(_REQUESTS, engine.request_abandoned, token)


def _with_token(stock: Any) -> Any:
    def create(req: Any, *arguments: Any, **named: Any) -> Any:
        made = stock(req, *arguments, **named)
        try:
            made[1][routes.TOKEN] = req.prometheus_token
        except Exception:
            fault("routes")
        return made

    return create

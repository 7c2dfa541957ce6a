"""Records requests of gevent's WSGI server, which ``GeventPyWSGIWorker`` runs. The server calls none of Gunicorn's hooks."""

from types import ModuleType
from typing import Any

from . import failures, gevent_websockets, routes
from .guard import call, fault
from .outcome import INTERNAL_SERVER_ERROR, error_of
from .private_names import put, wrap

_REQUESTS = "requests"
_NAMES = "gevent.pywsgi:WSGIHandler."


def install(worker: Any, engine: ModuleType) -> None:
    """Makes the worker's server record its requests."""
    stock = worker.wsgi_handler
    # The server creates one handler for each connection.
    handler = type("CountingHandler", (stock,), {"prometheus_token": -1, "prometheus_sent": 0})
    for name, make in _WRAPPERS.items():
        wrap(_NAMES + name, lambda stock, make=make: make(stock, engine), handler)  # type: ignore[misc]
    if hasattr(stock, "run_websocket"):
        gevent_websockets.install(handler, engine)
    put("gunicorn.workers.ggevent:GeventPyWSGIWorker.wsgi_handler", handler, worker)
    routes.install(engine)


def _parsing(stock: Any, engine: ModuleType) -> Any:
    def handle_one_request(self: Any, *arguments: Any, **named: Any) -> Any:
        answer = stock(self, *arguments, **named)
        if isinstance(answer, tuple):
            # gevent returns the status and the response of a request that it could not parse.
            try:
                engine.request_invalid(int(answer[0]), "BadRequest")
            except Exception:
                fault("requests that could not be parsed")
        return answer

    return handle_one_request


def _responding(stock: Any, engine: ModuleType) -> Any:
    describe = engine.request_described if engine.has_extra_labels() else None

    def handle_one_response(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            # Request, step 2: gevent has parsed it.
            self.prometheus_token, self.prometheus_sent = -1, 0
            headers = list(self.headers.items())
            self.prometheus_token = engine.request_started(self.command, self.path.partition("?")[0], headers)
            self.environ[routes.TOKEN] = self.prometheus_token
            if describe is not None:
                describe(self.prometheus_token, self.environ["wsgi.url_scheme"], headers)
        except Exception:
            fault(_REQUESTS)
        try:
            return stock(self, *arguments, **named)
        finally:
            # Request, step 4. gevent negates the code of a response that the client did not wait for.
            try:
                status = abs(self.code) if self.status else INTERNAL_SERVER_ERROR
                if self.prometheus_token >= -1:
                    # It has not become a WebSocket.
                    engine.request_finished(self.prometheus_token, status, self.prometheus_sent)
            except Exception:
                fault(_REQUESTS)
                call(_REQUESTS, engine.request_abandoned, self.prometheus_token)

    return handle_one_response


def _beginning(stock: Any, engine: ModuleType) -> Any:
    def finalize_headers(self: Any, *arguments: Any, **named: Any) -> Any:
        done = stock(self, *arguments, **named)
        try:
            engine.request_responding(self.prometheus_token, self.code, self.response_headers)
        except Exception:
            fault("when responses begin")
        return done

    return finalize_headers


def _writing(stock: Any, engine: ModuleType) -> Any:
    def _write(self: Any, data: Any, *arguments: Any, **named: Any) -> Any:
        done = stock(self, data, *arguments, **named)
        try:
            self.prometheus_sent += len(data)
        except Exception:
            fault("sizes of responses")
        return done

    return _write


def _ending(stock: Any, engine: ModuleType) -> Any:
    def process_result(self: Any, *arguments: Any, **named: Any) -> Any:
        done = stock(self, *arguments, **named)
        try:
            if not self.status:
                # gevent raises AssertionError for an application that never called start_response, unless the body is empty.
                failures.report(engine, self.prometheus_token, "AssertionError", None)
        except Exception:
            fault("exceptions of requests")
        return done

    return process_result


def _failing(stock: Any, engine: ModuleType) -> Any:
    def handle_error(self: Any, *arguments: Any, **named: Any) -> Any:
        try:
            kind, error = arguments[:2]
            if error_of(error) is not None:
                failures.report(engine, self.prometheus_token, kind.__name__, error.__traceback__)
        except Exception:
            fault("exceptions of requests")
        return stock(self, *arguments, **named)

    return handle_error


_WRAPPERS = {
    "handle_one_request": _parsing,
    "handle_one_response": _responding,
    "finalize_headers": _beginning,
    "_write": _writing,
    "process_result": _ending,
    "handle_error": _failing,
}

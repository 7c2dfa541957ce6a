"""Requests of gevent's own WSGI server, which ``GeventPyWSGIWorker`` runs in place of Gunicorn's: it calls no hooks."""

from types import ModuleType
from typing import Any

from . import routes
from .outcome import INTERNAL_SERVER_ERROR, error_of


def install(worker: Any, engine: ModuleType) -> None:
    """Makes the worker's server use handlers that count."""
    worker.wsgi_handler = _counting(worker.wsgi_handler, engine)
    routes.install(worker, engine)


def _counting(stock: type, engine: ModuleType) -> type:
    """Returns the class of handlers, each of which has one connection, with counting mixed in."""

    class CountingHandler(stock):  # type: ignore[misc, valid-type]
        def handle_one_request(self) -> Any:
            answer = super().handle_one_request()
            if isinstance(answer, tuple):
                # The status of a request that could not be parsed, and the whole response to it.
                engine.request_invalid(int(answer[0]), "BadRequest")
            return answer

        def handle_one_response(self) -> None:
            # Request, step 2: gevent has parsed it.
            path = self.path.partition("?")[0]
            self.prometheus_token = engine.request_started(self.command, path, list(self.headers.items()))
            self.prometheus_sent = 0
            self.environ[routes.TOKEN] = self.prometheus_token
            try:
                super().handle_one_response()
            finally:
                # Request, step 4. gevent negates the code of a response that the client did not wait for.
                status = abs(self.code) if self.status else INTERNAL_SERVER_ERROR
                engine.request_finished(self.prometheus_token, status, self.prometheus_sent)

        def finalize_headers(self) -> None:
            super().finalize_headers()
            engine.request_responding(self.prometheus_token, self.code)

        def _write(self, data: bytes) -> None:
            super()._write(data)
            self.prometheus_sent += len(data)

        def handle_error(self, kind: Any, error: Any, traceback: Any) -> None:
            if error_of(error) is not None:
                engine.request_failed(self.prometheus_token, kind.__name__)
            super().handle_error(kind, error, traceback)

    return CountingHandler

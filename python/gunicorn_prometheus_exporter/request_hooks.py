"""Where a request is seen to begin and to end: Gunicorn's own hooks, wrapped inside the worker process."""

import sys
import time
from types import ModuleType
from typing import Any

from .outcome import dropped_error, status_of


def install(cfg: Any, engine: ModuleType) -> None:
    """Wraps the worker's ``pre_request`` and ``post_request``; the user's own go on being called.

    Call it in the worker: the master's configuration must not know the engine.
    """
    users_pre_request = cfg.pre_request
    users_post_request = cfg.post_request
    request_finished = engine.request_finished
    error_handled = engine.error_handled
    clock = time.perf_counter
    exc_info = sys.exc_info

    # Request, step 2: Gunicorn has parsed it.
    def pre_request(worker: Any, req: Any) -> None:
        req.prometheus_start = clock()
        users_pre_request(worker, req)

    # Request, step 4: it is over, whatever the outcome. Called exactly once.
    def post_request(worker: Any, req: Any, environ: Any, resp: Any) -> None:
        seconds = clock() - req.prometheus_start
        exception = exc_info()[1]
        request_finished(req.method, req.path, status_of(resp, exception), seconds)
        if exception is not None:
            error = dropped_error(exception)
            if error is not None:
                error_handled(req.method, req.path, type(error).__name__)
        users_post_request(worker, req, environ, resp)

    cfg.set("pre_request", pre_request)
    cfg.set("post_request", post_request)

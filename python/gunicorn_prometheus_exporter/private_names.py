"""The private names of other packages that this package replaces or reads, and what is lost if a version lacks one.

Only this module patches other packages, and only names with a row. If a name is missing or has changed, the exporter logs a
warning and does not record what the row lists. Requests are served as before.
"""

import importlib
import logging
import sys
from typing import Any, Callable, NamedTuple, Optional

from .log_lines import with_fields

_log = logging.getLogger("gunicorn.error")
_missed: set[str] = set()


class Row(NamedTuple):
    """What this package does with a name, and what is lost without it."""

    #: ``module:attribute`` or ``module:Class.attribute``.
    place: str

    #: "wrapped": a wrapper calls the original once. "read": only read. "set": given another value.
    #: "added": a new attribute on a class, shared by all instances.
    #: "overridden": a subclass of this package has a method of that name. If a version never calls it, nothing is recorded.
    use: str
    lost: str

    @property
    def name(self) -> str:
        return self.place.rpartition(":")[2].rpartition(".")[2]

    @property
    def package(self) -> str:
        return self.place.partition(".")[0].partition(":")[0]

    def owner(self) -> Any:
        """Returns the module or class that has the attribute, and imports the module."""
        module, _, path = self.place.partition(":")
        owner: Any = importlib.import_module(module)
        for part in path.split(".")[:-1]:
            owner = getattr(owner, part)
        return owner


_REQUESTS = "requests are not recorded"
_ROUTES = "endpoints are normalised paths, not routes"
_UNMATCHED = "endpoints of requests that match no route are normalised paths"
_REDIRECTS = "redirects to a path with or without a slash at its end are counted as unmatched"
_BYTES = "the sizes of responses are not recorded"
_FILES = "the sizes of files that are sent are not recorded"
_BEGINNINGS = "the times when responses begin are not recorded"
_IDLE = "memory, CPU and uptime of an idle worker are not recorded"
_ERRORS = "the exceptions of requests are not recorded"
_HANDLED = "the exceptions that the framework answers with a 500 are not recorded"
_COST = "nothing is lost, but a request costs more"
_INVALID = "requests that cannot be parsed are not recorded"
_MASTER = "signals, exits and restarts of workers are not recorded"
_LOOP = "the time that event loops wait is not recorded"
_CONNECTIONS = "connections by state are not recorded"
_STATES = "the state of a worker that receives a stop signal is not recorded"
_DIRTY = "dirty workers and their tasks are not recorded"
_DIRTY_ARBITER = "exits and restarts of dirty workers are not recorded"
_WAITING = "tasks that wait in the dirty arbiter are not recorded"
_TASKS = "tasks of dirty workers are not recorded"
_THREADS = "the time that requests and dirty tasks wait for a thread is not recorded"
_TASK_TIMES = "the times of tasks in the queue, and tasks that run on after their timeout, are not recorded"
_APPLICATION = "the application's own metrics may fail while metrics are off"

_ROWS = (
    Row("gunicorn.http.wsgi:Response", "read", _COST),
    Row("gunicorn.http.wsgi:Response.default_headers", "wrapped", _BEGINNINGS),
    Row("gunicorn.http.wsgi:Response.sendfile", "wrapped", _FILES),
    Row("gunicorn.http.wsgi:create", "wrapped", _ROUTES),
    Row("gunicorn.http2.response:HTTP2Response.send_headers", "wrapped", _BEGINNINGS),
    Row("gunicorn.http2.errors:HTTP2Error", "read", "streams of HTTP/2 that the client closes count as errors"),
    Row("gunicorn.workers.base:Worker.notify", "wrapped", _IDLE),
    Row("gunicorn.workers.gthread:ThreadWorker.nr_conns", "read", _CONNECTIONS),
    Row("gunicorn.workers.gthread:ThreadWorker.keepalived_conns", "read", _CONNECTIONS),
    Row("gunicorn.workers.gthread:ThreadWorker._keep", "read", _CONNECTIONS),
    Row("concurrent.futures:ThreadPoolExecutor.submit", "wrapped", _THREADS),
    Row("asyncio.selector_events:BaseSelectorEventLoop._selector", "read", _LOOP),
    Row("selectors:DefaultSelector.select", "wrapped", _LOOP),
    Row("eventlet.hubs.poll:Hub.do_poll", "wrapped", _LOOP),
    Row("gunicorn.workers.sync:SyncWorker.wait", "wrapped", _IDLE),
    Row("gunicorn.workers.base:Worker.wsgi", "set", _REQUESTS),
    Row("gunicorn.workers.gasgi:ASGIWorker.asgi", "set", _REQUESTS),
    Row("gunicorn.workers.ggevent:GeventPyWSGIWorker.wsgi_handler", "set", _REQUESTS),
    Row("gunicorn.asgi.protocol:ASGIProtocol._send_error_response", "wrapped", _INVALID),
    Row("gunicorn.asgi.websocket:WebSocketProtocol._handle_close", "wrapped", "WebSockets that clients close stay open"),
    Row("gunicorn.app.base:Application.chdir", "wrapped", "an application cannot be preloaded while a relative store is missing"),
    Row("gunicorn.arbiter:Arbiter.__class__", "set", "nothing is recorded"),
    Row("gunicorn.arbiter:Arbiter.worker_class", "set", "workers record nothing"),
    Row("gunicorn.arbiter:Arbiter.WORKERS", "read", "exits of workers are not recorded"),
    Row("gunicorn.arbiter:Arbiter.LISTENERS", "read", "the backlog of the listeners is not known"),
    *(Row(f"gunicorn.arbiter:Arbiter.{name}", "overridden", _MASTER) for name in (
        "__init__", "setup", "start", "halt", "manage_workers", "spawn_worker", "reload", "kill_worker", "reap_workers",
        "handle_hup", "handle_ttin", "handle_ttou", "handle_chld", "handle_cld", "handle_usr1", "handle_usr2", "handle_quit",
        "handle_int", "handle_term", "handle_winch")),
    *(Row(f"gunicorn.workers.base:Worker.{name}", "overridden", lost) for name, lost in (
        ("__init__", "nothing is recorded"), ("setup", "a preloaded application may miss the directory of its metrics"),
        ("load_wsgi", "workers record nothing"), ("run", "workers record nothing"),
        ("handle_error", _INVALID), ("handle_exit", _STATES), ("handle_quit", _STATES), ("handle_abort", _STATES))),
    Row("gunicorn.arbiter:Arbiter.dirty_arbiter_pid", "read", "exits of the dirty arbiter are not recorded"),
    *(Row(f"gunicorn.arbiter:Arbiter.{name}", "overridden", lost) for name, lost in (
        ("spawn_dirty_arbiter", _DIRTY), ("kill_dirty_arbiter", "exits of the dirty arbiter are not recorded"),
        ("reap_dirty_arbiter", "exits of the dirty arbiter are not recorded"))),
    Row("gunicorn.dirty.arbiter:DirtyArbiter.__class__", "set", _DIRTY),
    Row("gunicorn.dirty.arbiter:DirtyWorker", "set", _DIRTY),
    *(Row(f"gunicorn.dirty.arbiter:DirtyArbiter.{name}", "overridden", lost) for name, lost in (
        ("manage_workers", _DIRTY_ARBITER), ("spawn_worker", _DIRTY_ARBITER), ("kill_worker", _DIRTY_ARBITER),
        ("reap_workers", _DIRTY_ARBITER), ("reload", _DIRTY_ARBITER), ("stop", _DIRTY_ARBITER),
        ("_cleanup_worker", _DIRTY_ARBITER), ("route_request", _WAITING),
        ("_get_available_worker", _WAITING), ("_execute_on_worker", _WAITING), ("_get_worker_connection", _WAITING))),
    *(Row(f"gunicorn.dirty.worker:DirtyWorker.{name}", "overridden", lost) for name, lost in (
        ("__init__", _DIRTY), ("load_apps", _DIRTY), ("run", _DIRTY), ("_run_async", _TASKS), ("handle_request", _TASKS),
        ("_signal_handler", "why dirty workers exited is not always known"))),
    Row("gunicorn.dirty.worker:DirtyWorker._executor", "read", _TASK_TIMES),
    Row("gunicorn.dirty.protocol:DirtyProtocol.write_message_async", "wrapped", _TASKS),
    *(Row(f"gunicorn.workers.gasgi:ASGIWorker.{name}", "overridden", _STATES) for name in (
        "handle_exit_signal", "handle_quit_signal", "handle_abort_signal")),
    Row("uvicorn.config:Config.load", "wrapped", _INVALID),
    Row("uvicorn.config:Config.http_protocol_class", "read", _INVALID),
    Row("uvicorn.server:Server.handle_exit", "wrapped", _STATES),
    Row("uvicorn.protocols.http:HttpToolsProtocol.send_400_response", "wrapped", _INVALID),
    Row("uvicorn.protocols.http.flow_control:service_unavailable", "wrapped", "requests past limit_concurrency are not recorded"),
    Row("uvicorn.config:Config.ws_protocol_class", "read", "WebSockets that clients abandon stay open"),
    Row("uvicorn.protocols.websockets.wsproto_impl:WSProtocol.connection_lost", "wrapped", "WebSockets that clients abandon stay open"),
    Row("gevent.os:_watched_children", "read", "why workers exited is not known where gevent reaps them"),
    Row("gevent.pywsgi:WSGIHandler.handle_one_request", "wrapped", _INVALID),
    Row("gevent.pywsgi:WSGIHandler.handle_one_response", "wrapped", _REQUESTS),
    Row("gevent.pywsgi:WSGIHandler.finalize_headers", "wrapped", _BEGINNINGS),
    Row("gevent.pywsgi:WSGIHandler._write", "wrapped", _BYTES),
    Row("gevent.pywsgi:WSGIHandler.process_result", "wrapped", "responses without start_response are not recorded as errors"),
    Row("gevent.pywsgi:WSGIHandler.handle_error", "wrapped", _ERRORS),
    Row("geventwebsocket.handler:WebSocketHandler.run_websocket", "wrapped", "WebSockets are recorded as requests"),
    *(Row(f"geventwebsocket.websocket:WebSocket.{name}", "wrapped", "the messages and codes of WebSockets are not recorded") for name in (
        "receive", "send", "close")),
    Row("tornado.httpserver:HTTPServer.start_request", "wrapped", _REQUESTS),
    Row("tornado.httpserver:HTTPServer.on_close", "wrapped", "requests whose client leaves are not recorded"),
    Row("tornado.http1connection:HTTP1Connection.write_headers", "wrapped", "the status of responses is not recorded"),
    Row("tornado.http1connection:HTTP1Connection.write", "wrapped", _BYTES),
    Row("tornado.http1connection:HTTP1Connection.finish", "wrapped", "requests are recorded when their connection ends"),
    Row("tornado.iostream:IOStream.write", "wrapped", _INVALID),
    Row("tornado.web:RequestHandler.log_exception", "wrapped", _ERRORS),
    Row("tornado.wsgi:WSGIContainer.handle_request", "wrapped", "requests that are never answered are not recorded"),
    Row("tornado.wsgi:WSGIContainer.environ", "wrapped", _ROUTES),
    Row("flask:Flask.full_dispatch_request", "wrapped", _ROUTES),
    Row("flask.signals:got_request_exception", "read", _HANDLED),
    Row("django.core.handlers.base:BaseHandler.resolve_request", "wrapped", _ROUTES),
    Row("django.core.signals:got_request_exception", "read", _HANDLED),
    Row("django.core.handlers.base:BaseHandler.get_response", "wrapped", _UNMATCHED),
    Row("django.core.handlers.base:BaseHandler.get_response_async", "wrapped", _UNMATCHED),
    Row("starlette.applications:Starlette.__call__", "wrapped", _UNMATCHED),
    Row("starlette.routing:RedirectResponse", "wrapped", _REDIRECTS),
    Row("fastapi.routing:RedirectResponse", "wrapped", _REDIRECTS),
    Row("starlette.routing:Route.handle", "wrapped", _ROUTES),
    Row("starlette.routing:WebSocketRoute.handle", "wrapped", _ROUTES),
    Row("starlette.routing:Mount.handle", "wrapped", _ROUTES),
    Row("fastapi.routing:APIRoute.handle", "wrapped", _ROUTES),
    Row("fastapi.routing:_FrontendStaticFiles.get_response_for_scope", "wrapped", _ROUTES),
    Row("bottle:Bottle._handle", "wrapped", _UNMATCHED),
    Row("bottle:Router.match", "wrapped", _ROUTES),
    Row("bottle:Bottle._cast", "wrapped", _HANDLED),
    Row("falcon.app:App.__call__", "wrapped", _UNMATCHED),
    Row("falcon.asgi.app:App.__call__", "wrapped", _UNMATCHED),
    Row("falcon.app:App._get_responder", "wrapped", _ROUTES),
    Row("falcon.app:App._handle_exception", "wrapped", _HANDLED),
    Row("falcon.asgi.app:App._handle_exception", "wrapped", _HANDLED),
    Row("pyramid.urldispatch:RoutesMapper.__call__", "wrapped", _ROUTES),
    Row("prometheus_client.metrics:Gauge._MULTIPROC_MODES", "read", "prometheus_client cannot read the files if it is older than 0.18"),
    Row("prometheus_client.values:ValueClass", "set", _APPLICATION),
    Row("prometheus_client.values:MutexValue", "read", _APPLICATION),
)

TABLE = {row.place: row for row in _ROWS}


def wrap(place: str, make: Callable[[Any], Any], owner: Optional[Any] = None) -> bool:
    """Replaces a name with the wrapper that ``make`` returns for the original. Returns whether it could.

    ``owner`` is the object to patch instead of the class in the table. The wrapper calls the original once, with its own
    arguments, outside any guard.
    """
    row = TABLE[place]
    try:
        owner = row.owner() if owner is None else owner
        setattr(owner, row.name, make(getattr(owner, row.name)))
    except Exception as error:
        _miss(row, error)
        return False
    return True


def put(place: str, value: Any, owner: Optional[Any] = None) -> bool:
    """Sets the name to another value. Returns whether it could."""
    row = TABLE[place]
    try:
        target = row.owner() if owner is None else owner
        if row.use == "set":
            # If the name has changed, no code reads the old one.
            getattr(target, row.name)
        setattr(target, row.name, value)
    except Exception as error:
        _miss(row, error)
        return False
    return True


def read(place: str, default: Any, owner: Optional[Any] = None) -> Any:
    """Returns the value of the name, or the default if the name is missing."""
    row = TABLE[place]
    try:
        return getattr(row.owner() if owner is None else owner, row.name)
    except Exception as error:
        _miss(row, error)
        return default


def _miss(row: Row, error: Exception) -> None:
    if row.place not in _missed:
        _missed.add(row.place)
        module = sys.modules.get(row.package)
        _log.warning(
            "gunicorn_prometheus_exporter: %s", with_fields(
                f"this {row.package} has changed: {row.lost}:",
                {"name": row.place, "version": getattr(module, "__version__", "unknown"), "error": f"{type(error).__name__}: {error}"}))

"""Each private name that the package uses is removed in turn: the server serves, and the log says what is lost."""

import ast
import os
import re
import signal
from pathlib import Path

import pytest

from conftest import PACKAGE
from gunicorn_prometheus_exporter import private_names
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for
from worker_classes import STOCK

SOURCE = Path(__file__).resolve().parents[2] / "python" / "gunicorn_prometheus_exporter"

#: The server that uses a name, by a prefix of its place: worker class, and application if it is not the default.
WHERE = {
    "gunicorn.http.wsgi:create": ("sync", "frameworks.flask_app:app"),
    "gunicorn.workers.base:Worker.notify": ("gthread", None),
    "gunicorn.workers.base:Worker.wsgi": ("uvicorn", None),
    "gunicorn.workers.gthread": ("gthread", None),
    "concurrent.futures": ("gthread", None),
    "asyncio": ("tornado", None),
    "selectors": ("tornado", None),
    "eventlet": ("eventlet", None),
    "gunicorn.arbiter:Arbiter.dirty_arbiter_pid": ("gthread", "dirty_app:app"),
    "gunicorn.dirty": ("gthread", "dirty_app:app"),
    "gunicorn.workers.gasgi": ("asgi", None),
    "gunicorn.workers.ggevent": ("gevent_pywsgi", None),
    "gunicorn.asgi": ("asgi", None),
    "uvicorn": ("uvicorn", None),
    "gevent": ("gevent_pywsgi", None),
    "tornado.wsgi:WSGIContainer.environ": ("tornado", "frameworks.flask_app:app"),
    "tornado": ("tornado", None),
    "flask": ("sync", "frameworks.flask_app:app"),
    "django": ("sync", "frameworks.django_app:app"),
    "starlette": ("uvicorn", "frameworks.starlette_app:app"),
    "fastapi": ("uvicorn", "frameworks.fastapi_app:app"),
    "bottle": ("sync", "frameworks.bottle_app:app"),
    "falcon.asgi": ("uvicorn", "frameworks.falcon_app:asgi"),
    "falcon": ("sync", "frameworks.falcon_app:app"),
    "pyramid": ("sync", "frameworks.pyramid_app:app"),
    "prometheus_client": ("sync", "own_metrics_app:app"),
    "gunicorn": ("sync", None),
}

#: Names used only in special cases or by some versions. The test checks only that the server serves.
QUIET = {
    "gunicorn.http2.response:HTTP2Response.send_headers",
    "gunicorn.http2.errors:HTTP2Error",
    "tornado.wsgi:WSGIContainer.handle_request",
    "gunicorn.workers.gthread:ThreadWorker.keepalived_conns",
    "gunicorn.workers.gthread:ThreadWorker._keep",
    "gevent.os:_watched_children",
    "uvicorn.protocols.websockets.wsproto_impl:WSProtocol.connection_lost",
    "geventwebsocket.handler:WebSocketHandler.run_websocket",
    "geventwebsocket.websocket:WebSocket.receive",
    "geventwebsocket.websocket:WebSocket.send",
    "geventwebsocket.websocket:WebSocket.close",
    "starlette.routing:WebSocketRoute.handle",
    "fastapi.routing:APIRoute.handle",
    "fastapi.routing:RedirectResponse",
    "fastapi.routing:_FrontendStaticFiles.get_response_for_scope",
}

#: Names used only if metrics are off.
OFF = {"prometheus_client.values:ValueClass", "prometheus_client.values:MutexValue"}

TAKEN = [place for place, row in private_names.TABLE.items() if row.use != "overridden"]

#: Simulates a version with another name: the stock code finds it, this package does not.
RENAME = """
from gunicorn_prometheus_exporter import private_names
private_names.TABLE[{place!r}] = private_names.TABLE[{place!r}]._replace(place={place!r} + "_renamed")
"""

#: Gunicorn stops a dirty arbiter that an earlier server of the same name left behind.
DIRTY = """
import uuid
proc_name = "dirty-" + uuid.uuid4().hex
dirty_apps = ["dirty_app:Tasks"]
dirty_workers = 1
"""

#: Simulates a version in which recording fails: each function of the engine raises.
BREAK_ENGINE = """
class Broken:
    def __getattr__(self, name):
        def fail(*arguments):
            raise RuntimeError("broken on purpose")
        return fail
def post_worker_init(worker):
    worker._engine = Broken()
"""

BREAK_MASTER = """
from gunicorn_prometheus_exporter import exporter_process, master_exits, master_store
def fail(*arguments, **named):
    raise RuntimeError("broken on purpose")
for owner, names in (
    (master_store.MasterStore, ("add", "set", "close")),
    (master_exits.WorkerExits, ("observe", "settle", "finish", "write", "forget_old_oom_kills")),
    (exporter_process.ExporterProcess, ("tend", "poll", "reload")),
):
    for name in names:
        setattr(owner, name, fail)
"""

FRAMEWORK_PATHS = {"/users/1": 200, "/nowhere": 404}
PATHS = {"/": 200, "/missing": 404, "/stream": 200, "/empty": 204}


def where(place):
    return next(found for start, found in WHERE.items() if place.startswith(start))


def serves(server, app):
    """Fails unless the server responds as it does without the package."""
    if app == "dirty_app:app":
        wait_for(lambda: server.get("/echo") == 200, "a task")
        raises_nothing(server)
        return
    for path, status in (FRAMEWORK_PATHS if app and app.startswith("frameworks") else PATHS).items():
        if app == "own_metrics_app:app":
            path, status = "/", 200
        assert server.get(path) == status, path
    if app is None:
        assert server.request("GET", "/stream")[1].startswith("part")
    assert server.send(b"nonsense\r\n\r\n").split()[1:2] in ([b"400"], [])
    assert server.get("/users/1" if app else "/") == 200
    raises_nothing(server)


def raises_nothing(server):
    """Fails if a traceback in the log contains the package. Uvicorn logs its own for requests that it cannot parse."""
    assert "gunicorn_prometheus_exporter/" not in server.log, server.log


@pytest.mark.parametrize("place", TAKEN)
def test_a_server_serves_without_a_private_name(place, start_worker):
    worker_class, app = where(place)
    named = {} if app is None else {"app": app}
    conf = RENAME.format(place=place)
    needs = [app.split(".")[1].split("_")[0]] if app and app.startswith("frameworks") else []
    if app == "dirty_app:app":
        conf += DIRTY
        needs = ["gunicorn.dirty.arbiter"]
    if place in OFF:
        # The configuration imports it, so hiding the environment variable comes too late.
        conf += "import prometheus_client\n"
        named["variables"] = {"PROMETHEUS_MULTIPROC_DIR": "/proc/no/store"}
    if place == "gunicorn.app.base:Application.chdir":
        # Only a relative name has to wait for the working directory.
        named["variables"] = {"PROMETHEUS_MULTIPROC_DIR": "store"}
    server = start_worker(worker_class, conf=conf, needs=needs, **named)
    serves(server, app)
    if place not in QUIET:
        wait_for(lambda: private_names.TABLE[place].lost in server.log, f"a line about {place}")
        assert server.log.count(f"name={place}_renamed") == 1
    assert server.end() == 0


@pytest.mark.parametrize("worker_class", STOCK)
def test_a_server_serves_though_everything_of_ours_raises(worker_class, start_worker):
    server = start_worker(worker_class, conf=BREAK_ENGINE)
    serves(server, None)
    assert server.get("/file") in (200, 404)
    faults = [line for line in server.log.splitlines() if "a recording failed and was dropped" in line]
    parts = [re.search(r'part="?([^"=]*?)"? error=', line)[1] for line in faults]
    assert "requests" in parts or "when responses begin" in parts, server.log
    assert len(parts) == len(set(parts))
    assert all("broken on purpose" in line and re.search(r"place=\w+\.py:\d+", line) for line in faults)


@pytest.mark.parametrize("app, worker_class", [
    ("frameworks.flask_app:app", "sync"), ("frameworks.flask_app:app", "tornado"), ("frameworks.django_app:app", "sync"),
    ("frameworks.starlette_app:app", "uvicorn"), ("frameworks.fastapi_app:app", "uvicorn"), ("frameworks.bottle_app:app", "sync"),
    ("frameworks.falcon_app:app", "sync"), ("frameworks.falcon_app:asgi", "uvicorn"), ("frameworks.pyramid_app:app", "sync")])
def test_frameworks_answer_though_everything_of_ours_raises(app, worker_class, start_worker):
    server = start_worker(worker_class, conf=BREAK_ENGINE, app=app, needs=[app.split(".")[1].split("_")[0]])
    serves(server, app)
    assert server.get("/shop/soap/crash") == 500


def test_a_master_goes_on_though_everything_of_ours_raises(start_gunicorn):
    server = start_gunicorn("-w", "1", conf=BREAK_MASTER + HOOKS + PROMETHEUS_WORKER)
    first = server.workers()
    for number in (signal.SIGTTIN, signal.SIGUSR1, signal.SIGTTOU, signal.SIGHUP):
        server.signal(number)
        wait_for(lambda: f"signal: {signal.Signals(number).name[3:].lower()}" in server.log, number.name)
        assert server.get("/") == 200
    wait_for(lambda: (now := server.workers()) and not set(now) & set(first), "other workers")
    wait_for(lambda: len(server.workers()) == 1, "the new one alone")
    (second,) = server.workers()
    os.kill(second, signal.SIGKILL)
    wait_for(lambda: (now := server.workers()) and second not in now, "a replacement")
    assert server.get("/") == 200
    raises_nothing(server)
    assert server.log.count("a recording failed and was dropped") == len(set(re.findall(r'part=("[^"]*"|\S+)', server.log))) > 2
    assert server.end() == 0


def test_what_cannot_be_counted_is_counted_as_dropped(start_worker, dump):
    server = start_worker("sync", conf="""
def post_worker_init(worker):
    from types import SimpleNamespace
    real = worker._engine
    def fail(*arguments):
        raise RuntimeError("broken on purpose")
    names = {name: getattr(real, name) for name in dir(real) if not name.startswith("_")}
    worker._engine = SimpleNamespace(**{**names, "request_answered": fail, "request_finished": fail})
""")
    assert [server.get("/") for _ in range(5)] == [200] * 5
    wait_for(lambda: dump().value("gunicorn_exporter_dropped_total") == 5, "five recordings that were dropped")
    assert server.log.count("a recording failed and was dropped") == 1


def test_a_method_that_takes_other_arguments_is_not_replaced(start_worker):
    server = start_worker("sync", conf="""
from gunicorn.http.wsgi import Response
stock = Response.default_headers
def default_headers(resp, newer=None):
    return stock(resp)
Response.default_headers = default_headers
""")
    serves(server, None)
    assert "this gunicorn has changed: the times when responses begin are not recorded" in server.log


def test_stock_code_is_called_once_with_what_it_was_given_and_raises_what_it_raises():
    from gunicorn_prometheus_exporter import response_hooks

    class Response:
        req, status_code = None, 200
        sock = object()

        def sendfile(self, respiter, new, *, newer):
            calls.append((respiter, new, newer))
            raise LookupError("stock")

    calls = []
    Response.sendfile = response_hooks._with_size(Response.sendfile, None)
    with pytest.raises(LookupError, match="stock"):
        Response().sendfile(1, 2, newer=3)
    assert calls == [(1, 2, 3)]


def patches(path):
    """Returns the lines of a module that assign to an attribute of another package's object."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("setattr", "object.__setattr__", "type.__setattr__", "delattr"):
            yield node.lineno, ast.unparse(node)
        targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [
            node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else []
        for target in [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]:
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) not in ("self", "cls"):
                yield node.lineno, ast.unparse(node)


#: The package's own attributes on other packages' objects, attributes that Gunicorn's objects let others set, and own classes.
ALLOWED = re.compile(
    r"(self|req|handler|server_connection|connection|stream)\.prometheus_\w+ = |worker\.exit_reason = |resp\.sock = |"
    r"setattr\(owner, name, method\)")


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: path.name)
def test_only_the_table_patches(path):
    if path.name == "private_names.py":
        pytest.skip("it is the table")
    assert [patch for patch in patches(path) if not ALLOWED.match(patch[1])] == []


@pytest.mark.parametrize("owner, module, name", [
    ("gunicorn.arbiter:Arbiter", "master", "PrometheusMaster"), ("gunicorn.arbiter:Arbiter", "master_recording", "RecordingMaster"),
    ("gunicorn.arbiter:Arbiter", "master_signals", "SignalCountingMaster"), ("gunicorn.workers.base:Worker", "worker", "InstrumentedWorker"),
    ("gunicorn.dirty.arbiter:DirtyArbiter", "dirty_arbiter", "PrometheusDirtyArbiter"),
    ("gunicorn.dirty.worker:DirtyWorker", "dirty_worker", "InstrumentedDirtyWorker")])
def test_each_method_that_overrides_one_of_gunicorns_is_in_the_table(owner, module, name):
    (found,) = [node for node in ast.parse((SOURCE / f"{module}.py").read_text()).body
                if isinstance(node, ast.ClassDef) and node.name == name]
    calls_super = {node.name for node in found.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and "super()" in ast.unparse(node)}
    known = {row.name for row in private_names.TABLE.values() if row.use == "overridden"}
    assert calls_super - known == set()
    assert {row.place.partition(":")[0] for row in private_names.TABLE.values()} >= {owner.partition(":")[0]}


def test_each_row_is_used():
    sources = "".join(path.read_text() for path in SOURCE.rglob("*.py") if path.name != "private_names.py")
    built = ("gevent.pywsgi:WSGIHandler.", "geventwebsocket.websocket:WebSocket.")
    assert [place for place, row in private_names.TABLE.items()
            if row.use != "overridden" and f'"{place}"' not in sources and not place.startswith(built)] == []
    assert (PACKAGE / "private_names.py").read_text() == (SOURCE / "private_names.py").read_text(), "build it anew"

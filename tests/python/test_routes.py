"""An endpoint is the framework's route, or __unmatched__ if there is none, and an exception that it handles is counted."""

import pytest

from live_gunicorn import HOOKS
from worker_classes import ASGI

FLASK = ("frameworks.flask_app:app", "/users/<int:number>", "/shop/<name>/crash")
BOTTLE = ("frameworks.bottle_app:app", "/users/<number:int>", "/shop/<name>/crash")

#: Worker class, application, and its two routes in the framework's notation.
FRAMEWORKS = {
    "Flask": ("sync", *FLASK),
    "Flask under threads": ("gthread", *FLASK),
    "Flask under gevent": ("gevent", *FLASK),
    "Flask under gevent's server": ("gevent_pywsgi", *FLASK),
    "Flask under Tornado": ("tornado", *FLASK),
    "Django": ("sync", "frameworks.django_app:app", "/users/<int:number>", "/shop/<name>/crash"),
    "Django under Uvicorn": ("uvicorn", "frameworks.django_app:asgi", "/users/<int:number>", "/shop/<name>/crash"),
    "Starlette": ("uvicorn", "frameworks.starlette_app:app", "/users/{number:int}", "/shop/{name}/crash"),
    "FastAPI": ("uvicorn", "frameworks.starlette_app:fast", "/users/{number}", "/shop/{name}/crash"),
    "Bottle": ("sync", *BOTTLE),
    "Bottle under threads": ("gthread", *BOTTLE),
    "Falcon": ("sync", "frameworks.falcon_app:app", "/users/{number:int}", "/shop/{name}/crash"),
    "Falcon under Uvicorn": ("uvicorn", "frameworks.falcon_app:asgi", "/users/{number:int}", "/shop/{name}/crash"),
    "Pyramid": ("sync", "frameworks.pyramid_app:app", "/users/{number}", "/shop/{name}/crash"),
}


def errors(metrics):
    """Returns the counted exceptions, by endpoint and type."""
    return {
        (labels["endpoint"], labels["error_type"]): value
        for name, labels, value in metrics.samples if name == "gunicorn_worker_error_handling_total"
    }


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_requests_are_counted_by_route(framework, start_worker, dump):
    worker_class, app, user, crash = FRAMEWORKS[framework]
    server = start_worker(worker_class, needs=[framework.split()[0].lower()], app=app)
    for number in range(3):
        assert server.get(f"/users/{number}") == 200
    assert server.get("/users/4?deny=1") == 403
    assert server.get("/shop/soap/crash") == 500
    assert server.get("/nowhere/7") == 404

    metrics = dump(requests=6)
    counted = {
        (labels["endpoint"], labels["status_code"]): value
        for name, labels, value in metrics.samples if name == "gunicorn_http_requests_total"
    }
    assert counted == {(user, "200"): 3, (user, "403"): 1, (crash, "500"): 1, ("__unmatched__", "404"): 1}
    # Whether the framework passes it to the server or responds with 500 itself.
    assert errors(metrics) == {(crash, "ValueError"): 1}
    assert metrics.value("gunicorn_exporter_dropped_total") == 0


#: By framework: path, status and endpoint of requests that match no route, or are redirected to one, or go to a mount.
UNROUTED = {
    "Flask": [
        ("/things", 308, "/things/"), ("/shelves/a%20b", 308, "/shelves/<name>/"), ("//things", 308, "/things/"),
        ("/static/none.css", 404, "/static/<path:filename>"), ("/nowhere?deny=1", 403, "__unmatched__")],
    "Django": [
        ("/things", 301, "/things/"), ("/shelves/a%20b", 301, "/shelves/<name>/"), ("/secret/1", 401, "__unmatched__")],
    "Django under Uvicorn": [
        ("/things", 301, "/things/"), ("/shelves/a%20b", 301, "/shelves/<name>/"), ("/secret/1", 401, "__unmatched__")],
    "Starlette": [
        ("/things", 307, "/things/"), ("/shelves/a%20b", 307, "/shelves/{name}/"), ("/users/1/", 307, "/users/{number:int}"),
        ("/shop/carts", 307, "/shop/carts/"), ("/shop/none", 404, "/shop/{path}"), ("/files/flask_app.py", 200, "/files/{path}"),
        ("/files/none", 404, "/files/{path}"), ("/secret/1", 401, "__unmatched__")],
    "FastAPI": [
        ("/things", 307, "/things/"), ("/shelves/a%20b", 307, "/shelves/{name}/"), ("/users/1/", 307, "/users/{number}"),
        ("/files/flask_app.py", 200, "/files/{path}"), ("/secret/1", 401, "__unmatched__")],
    "Falcon": [
        ("/files/flask_app.py", 200, "/files/{path}"), ("/files/none", 404, "/files/{path}"), ("/proxy/a", 200, "/proxy"),
        ("/secret/1", 401, "__unmatched__")],
    "Bottle": [("/shop/none", 404, "/shop/<:re:.*>"), ("/secret/1", 401, "__unmatched__")],
}


@pytest.mark.parametrize("framework", UNROUTED)
def test_redirects_and_mounts_have_their_route_and_whatever_else_matches_none_is_unmatched(framework, start_worker, dump):
    worker_class, app, _, _ = FRAMEWORKS[framework]
    server = start_worker(worker_class, needs=[framework.split()[0].lower()], app=app)
    requests = [*UNROUTED[framework], ("/nowhere/a", 404, "__unmatched__"), ("/nowhere/a/", 404, "__unmatched__")]
    expected: dict = {}
    for path, status, endpoint in requests:
        assert server.get(path) == status, path
        expected[endpoint, str(status)] = expected.get((endpoint, str(status)), 0) + 1
    metrics = dump(requests=len(requests))
    assert {
        (labels["endpoint"], labels["status_code"]): value
        for name, labels, value in metrics.samples if name == "gunicorn_http_requests_total"
    } == expected
    assert metrics.value("gunicorn_exporter_dropped_total") == 0
    assert "has changed" not in server.log


def test_flask_without_signals_has_routes_and_a_warning(start_worker, run_python, dump):
    hide = "import sys; sys.modules['blinker'] = None\n"
    if run_python(hide + "import flask").returncode != 0:
        pytest.skip("this Flask requires blinker, or there is none")
    server = start_worker("sync", conf=hide, app=FLASK[0])
    assert server.get("/shop/soap/crash") == 500
    metrics = dump(requests=1)
    assert metrics.by("gunicorn_http_requests_total", "endpoint") == {"/shop/<name>/crash": 1}
    assert errors(metrics) == {} and metrics.value("gunicorn_exporter_dropped_total") == 0
    assert server.log.count("Exceptions that Flask answers with a 500 are not recorded: blinker is not installed") == 1


#: Makes a framework pass to the server what it would answer with a 500. Some servers close the connection then.
PROPAGATION = {
    "Flask": "from frameworks.flask_app import app; app.config['PROPAGATE_EXCEPTIONS'] = True",
    "Flask under threads": "from frameworks.flask_app import app; app.config['PROPAGATE_EXCEPTIONS'] = True",
    "Flask under gevent's server": "from frameworks.flask_app import app; app.config['PROPAGATE_EXCEPTIONS'] = True",
    "Django": "import frameworks.django_app; from django.conf import settings; settings.DEBUG_PROPAGATE_EXCEPTIONS = True",
    "Django under Uvicorn":
        "import frameworks.django_app; from django.conf import settings; settings.DEBUG_PROPAGATE_EXCEPTIONS = True",
    "Bottle": "from frameworks.bottle_app import app, shop; app.catchall = shop.catchall = False",
}


@pytest.mark.parametrize("framework", PROPAGATION)
def test_an_exception_that_framework_and_server_see_is_counted_once(framework, start_worker, dump):
    worker_class, app, _, crash = FRAMEWORKS[framework]
    conf = f"def post_worker_init(worker):\n    {PROPAGATION[framework]}\n"
    server = start_worker(worker_class, needs=[framework.split()[0].lower()], app=app, conf=conf)
    assert [server.get("/shop/soap/crash") for _ in range(2)] in ([500, 500], [0, 0])
    metrics = dump(requests=2)
    assert errors(metrics) == {(crash, "ValueError"): 2}
    assert metrics.by("gunicorn_http_requests_total", "status_code") == {"500": 2}


#: Method and path of a request, the status of its response, and the route of FastAPI.
FASTAPI_ROUTES = [
    ("GET", "/users/alice", 200, "/users/{name}"),
    ("GET", "/api/users/alice", 200, "/api/users/{name}"),
    ("POST", "/api/users/alice", 405, "/api/users/{name}"),
    ("GET", "/api/crash/alice", 500, "/api/crash/{name}"),
    ("GET", "/api/nested/items/7", 200, "/api/nested/items/{number}"),
    ("GET", "/api/nested/items/none", 422, "/api/nested/items/{number}"),
    ("GET", "/api/nested/of/acme/things/7", 200, "/api/nested/of/{tenant}/things/{number}"),
    ("DELETE", "/api/nested/of/acme/things/7", 405, "/api/nested/of/{tenant}/things/{number}"),
    ("GET", "/api/nested/of/acme/things/none", 422, "/api/nested/of/{tenant}/things/{number}"),
    ("GET", "/api/starlette/alice", 200, "/api/starlette/{name}"),
    ("GET", "/api/slashed/alice", 307, "/api/slashed/{name}/"),
    ("GET", "/api/users/alice/", 307, "/api/users/{name}"),
    ("GET", "/sub/acme/v2/slashed/alice", 307, "/sub/{tenant}/v2/slashed/{name}/"),
    ("GET", "/sub/acme/v2/nested/items/7", 200, "/sub/{tenant}/v2/nested/items/{number}"),
    ("PUT", "/sub/acme/v2/nested/items/7", 405, "/sub/{tenant}/v2/nested/items/{number}"),
]

#: The same for what only newer versions have. Earlier ones respond with 404.
NEW_FASTAPI_ROUTES = [
    ("GET", "/api/mounted/alice", 200, "/api/mounted/{name}"),
    ("GET", "/sub/acme/v2/mounted/alice", 200, "/sub/{tenant}/v2/mounted/{name}"),
    ("GET", "/front/fastapi_app.py", 200, "/front/{path}"),
]


@pytest.mark.parametrize("worker_class", ASGI)
def test_fastapi_gives_the_route_of_an_included_router_with_its_prefix(worker_class, start_worker, dump):
    server = start_worker(worker_class, needs=["fastapi"], app="frameworks.fastapi_app:app")
    expected = {}
    for method, path, status, route in FASTAPI_ROUTES + NEW_FASTAPI_ROUTES:
        got = server.request(method, path)[0]
        if (method, path, status, route) in NEW_FASTAPI_ROUTES and got == 404:
            continue
        assert got == status, path
        expected[method, route, str(status)] = 1
    assert b"200 OK" in server.send(b"GET /by-host/alice HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n")
    expected["GET", "/by-host/{name}", "200"] = 1

    metrics = dump(requests=len(FASTAPI_ROUTES) + len(NEW_FASTAPI_ROUTES) + 1)
    found = {
        (labels["method"], labels["endpoint"], labels["status_code"]): value
        for name, labels, value in metrics.samples if name == "gunicorn_http_requests_total" and labels["status_code"] != "404"
    }
    assert found == expected
    assert errors(metrics) == {("/api/crash/{name}", "ValueError"): 1}
    assert metrics.value("gunicorn_exporter_dropped_total") == 0


@pytest.mark.parametrize("change", ["del flask.Flask.full_dispatch_request", "flask.request = None"])
def test_a_framework_that_has_changed_costs_routes_and_nothing_else(start_gunicorn, need, dump, change):
    need("flask")
    server = start_gunicorn(conf=HOOKS + f"""
import flask
flask.Flask.wsgi_app = lambda app, *arguments: answer(app, *arguments)
{change}
def answer(app, environ, start_response):
    with app.request_context(environ):
        getattr(app, "full_dispatch_request", lambda: None)()
    start_response("200 OK", [])
    return []
""", app="frameworks.flask_app:app")
    assert [server.get("/users/1") for _ in range(2)] == [200, 200]
    assert dump(requests=2).by("gunicorn_http_requests_total", "endpoint") == {"/users/{id}": 2}
    assert server.log.count("this flask has changed") == 1


ROUTERLESS = '''
from starlette.applications import Starlette

async def plain(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"plain"})

app = Starlette()
app.router = plain
'''


def test_an_application_whose_router_has_no_routes_is_served(start_worker, dump, tmp_path):
    (tmp_path / "routerless.py").write_text(ROUTERLESS)
    server = start_worker("uvicorn", "--chdir", str(tmp_path), needs=["starlette"], app="routerless:app")
    # Starlette before 0.30 keeps the router of the first moment.
    assert {server.get("/x") for _ in range(2)} <= {200, 404}
    assert dump(requests=2).total("gunicorn_http_requests_total") == 2

"""An endpoint is the framework's route, or the path if there is no route."""

import pytest

from live_gunicorn import HOOKS

#: Application, worker class, the two routes in the framework's notation, and whether it handles exceptions itself.
FRAMEWORKS = {
    "Flask": ("frameworks.flask_app:app", "sync", "/users/<int:number>", "/shop/<name>/crash", 0),
    "Flask under threads": ("frameworks.flask_app:app", "gthread", "/users/<int:number>", "/shop/<name>/crash", 0),
    "Flask under Tornado": ("frameworks.flask_app:app", "tornado", "/users/<int:number>", "/shop/<name>/crash", 0),
    "Django": ("frameworks.django_app:app", "sync", "/users/<int:number>", "/shop/<name>/crash", 0),
    "Django under Uvicorn": ("frameworks.django_app:asgi", "uvicorn", "/users/<int:number>", "/shop/<name>/crash", 0),
    "Starlette": ("frameworks.starlette_app:app", "uvicorn", "/users/{number:int}", "/shop/{name}/crash", 1),
    "FastAPI": ("frameworks.starlette_app:fast", "uvicorn", "/users/{number}", "/shop/{name}/crash", 1),
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_requests_are_counted_by_route(framework, start_worker, dump):
    app, worker_class, user, crash, raised = FRAMEWORKS[framework]
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
    # The framework's route, or the path if it found none.
    assert counted == {(user, "200"): 3, (user, "403"): 1, (crash, "500"): 1, ("/nowhere/{id}", "404"): 1}
    assert metrics.by("gunicorn_worker_error_handling_total", "endpoint") == ({crash: 1} if raised else {})
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

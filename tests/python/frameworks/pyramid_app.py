"""A Pyramid application, with a route of an included part."""

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response


def user(request: Request) -> Response:
    return Response(request.matchdict["number"], status=403 if "deny" in request.params else 200)


def crash(request: Request) -> Response:
    raise ValueError(request.matchdict["name"])


def shop(config: Configurator) -> None:
    config.add_route("crash", "{name}/crash")
    config.add_view(crash, route_name="crash")


with Configurator() as config:
    config.add_route("user", "/users/{number}")
    config.add_view(user, route_name="user")
    config.include(shop, route_prefix="shop")
    app = config.make_wsgi_app()

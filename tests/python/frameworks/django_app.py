"""A Django project in one file, as a WSGI and as an ASGI application."""

from typing import Callable

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

settings.configure(
    SECRET_KEY="of the test", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", f"{__name__}.guard"])
django.setup()


def user(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(str(number), status=403 if "deny" in request.GET else 200)


def crash(request: HttpRequest, name: str) -> HttpResponse:
    raise ValueError(name)


def things(request: HttpRequest, name: str = "") -> HttpResponse:
    return HttpResponse(name)


def guard(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Rejects requests below ``/secret`` before Django looks for their route."""
    return lambda request: HttpResponse(status=401) if request.path.startswith("/secret") else get_response(request)


urlpatterns = [
    path("users/<int:number>", user), path("shop/", include([path("<name>/crash", crash)])),
    path("things/", things), path("shelves/<name>/", things)]
app = get_wsgi_application()
asgi = get_asgi_application()

"""Reports what a framework knows of a request to the engine: its route, and the exception that the framework handled."""

import logging
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, Callable, Optional

from . import failures
from .guard import call, fault
from .log_lines import one_line
from .outcome import error_of

_log = logging.getLogger("gunicorn.error")

#: The key of a request's token in its WSGI environment or its ASGI scope.
TOKEN = "gunicorn_prometheus_exporter.token"

#: The route of a request that matched none.
UNMATCHED = "__unmatched__"

#: A request's environment or scope, and its route: UNMATCHED, or None if the framework reports it elsewhere or not at all.
Found = tuple[Mapping[str, Any], Optional[str]]

#: A request's environment or scope, and its exception.
Failure = tuple[Mapping[str, Any], Optional[BaseException]]


class Reports:
    """The reports of one framework. If the framework has changed, they stop, with a warning."""

    def __init__(self, engine: ModuleType, framework: str) -> None:
        self._request_routed = engine.request_routed
        self._route_declared = engine.route_declared
        self._engine = engine
        self._framework = framework
        self._is_broken = False
        #: The ids of the applications whose routes are declared.
        self.declared: set[int] = set()

    def route(self, find: Callable[..., Found], *arguments: Any) -> None:
        """Reports the route that ``find`` returns for the arguments."""
        if self._is_broken:
            return
        try:
            request, route = find(*arguments)
            token = request.get(TOKEN)
            if token is not None and route:
                self._request_routed(token, route)
        except Exception as error:
            # A changed framework fails for every request.
            self._is_broken = True
            call("routes", _log.warning, "Endpoints are paths, not routes: this %s has changed (%s)", self._framework, one_line(error))

    def declare(self, application: Any, find: Callable[..., Iterable[str]], *arguments: Any) -> None:
        """Declares the routes that ``find`` returns for the arguments, so that requests for other routes cannot use up their limit.

        Call it at the first request of an application: by then, the application's own code has loaded its routes.
        """
        self.declared.add(id(application))
        try:
            for route in find(*arguments):
                self._route_declared(route)
        except Exception:
            fault("the routes that an application declares")

    def failure(self, find: Callable[..., Failure], *arguments: Any) -> None:
        """Reports the exception that ``find`` returns for the arguments. The server may report it again."""
        try:
            request, exception = find(*arguments)
            error = None if exception is None else error_of(exception)
            token = request.get(TOKEN)
            if token is not None and error is not None:
                failures.report(self._engine, token, type(error).__name__, error.__traceback__)
        except Exception:
            fault("exceptions of requests")


def target(find: Callable[..., Optional[str]], *arguments: Any) -> str:
    """Returns the route to which a request is redirected, or UNMATCHED if the framework has none for it."""
    try:
        return find(*arguments) or UNMATCHED
    except Exception:
        # No route matches, or the version of the framework finds routes in another way.
        return UNMATCHED

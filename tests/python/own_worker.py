"""A worker class that extends Gunicorn's base class directly."""

from typing import Any

from gunicorn import http
from gunicorn.http import wsgi
from gunicorn.workers.base import Worker


class OwnWorker(Worker):
    """Serves one request after another and calls Gunicorn's hooks around each."""

    def run(self) -> None:
        listener = self.sockets[0]
        listener.settimeout(1.0)
        while self.alive:
            self.notify()
            try:
                client, address = listener.accept()
            except TimeoutError:
                continue
            client.setblocking(True)
            with client:
                self._answer(listener, client, address)

    def _answer(self, listener: Any, client: Any, address: Any) -> None:
        try:
            request = next(http.RequestParser(self.cfg, client, address))
        except Exception:
            # The client only tests whether the port is open.
            return
        self.cfg.pre_request(self, request)
        response, environ = wsgi.create(request, client, address, listener.getsockname(), self.cfg)
        response.force_close()
        for part in self.wsgi(environ, response.start_response):
            response.write(part)
        response.close()
        self.cfg.post_request(self, request, environ, response)

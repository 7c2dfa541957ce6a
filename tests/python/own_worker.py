"""A worker class that is derived from none of Gunicorn's but the base."""

from typing import Any

from gunicorn import http
from gunicorn.http import wsgi
from gunicorn.workers.base import Worker


class OwnWorker(Worker):
    """Answers one request after the other, with Gunicorn's hooks around each."""

    def run(self) -> None:
        """Serves."""
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
            # A client that only looks whether the port answers.
            return
        self.cfg.pre_request(self, request)
        response, environ = wsgi.create(request, client, address, listener.getsockname(), self.cfg)
        response.force_close()
        for part in self.wsgi(environ, response.start_response):
            response.write(part)
        response.close()
        self.cfg.post_request(self, request, environ, response)

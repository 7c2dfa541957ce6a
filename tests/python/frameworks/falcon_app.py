"""A Falcon application, by WSGI and by ASGI."""

from pathlib import Path

import falcon
import falcon.asgi


class User:
    def on_get(self, req: falcon.Request, resp: falcon.Response, number: int) -> None:
        resp.text = str(number)
        if "deny" in req.params:
            raise falcon.HTTPForbidden()


class Crash:
    def on_get(self, req: falcon.Request, resp: falcon.Response, name: str) -> None:
        raise ValueError(name)


class AsyncUser(User):
    async def on_get(self, *arguments: object, **named: object) -> None:
        super().on_get(*arguments, **named)


class AsyncCrash(Crash):
    async def on_get(self, *arguments: object, **named: object) -> None:
        super().on_get(*arguments, **named)


class Guard:
    """Rejects requests below ``/secret`` before Falcon looks for their route."""

    def process_request(self, req: falcon.Request, resp: falcon.Response) -> None:
        if req.path.startswith("/secret"):
            raise falcon.HTTPUnauthorized()


def sink(req: falcon.Request, resp: falcon.Response) -> None:
    resp.text = req.path


app = falcon.App(middleware=[Guard()])
app.add_static_route("/files", str(Path(__file__).parent))
app.add_sink(sink, "/proxy")
app.add_route("/users/{number:int}", User())
app.add_route("/shop/{name}/crash", Crash())

asgi = falcon.asgi.App()
asgi.add_route("/users/{number:int}", AsyncUser())
asgi.add_route("/shop/{name}/crash", AsyncCrash())

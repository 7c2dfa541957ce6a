"""A Starlette application with a mount, and an equivalent FastAPI application."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send


async def user(request: Request) -> Response:
    return PlainTextResponse(str(request.path_params["number"]), 403 if "deny" in request.query_params else 200)


async def crash(request: Request) -> Response:
    raise ValueError(request.path_params["name"])


async def things(request: Request) -> Response:
    return PlainTextResponse(request.path_params.get("name", ""))


class Guard:
    """Rejects requests below ``/secret`` before Starlette looks for their route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_secret = scope["type"] == "http" and scope["path"].startswith("/secret")
        await (Response(status_code=401) if is_secret else self.app)(scope, receive, send)


FILES = Mount("/files", StaticFiles(directory=Path(__file__).parent))
THINGS = [Route("/things/", things), Route("/shelves/{name}/", things), FILES]

app = Starlette(
    routes=[
        Route("/users/{number:int}", user),
        Mount("/shop", routes=[Route("/{name}/crash", crash), Route("/carts/", things)]), *THINGS],
    middleware=[Middleware(Guard)])

fast = FastAPI(middleware=[Middleware(Guard)])
shop = APIRouter(prefix="/shop")


@fast.get("/users/{number}")
async def fast_user(number: int, request: Request) -> Response:
    return PlainTextResponse(str(number), 403 if "deny" in request.query_params else 200)


@shop.get("/{name}/crash")
async def fast_crash(name: str) -> Response:
    raise ValueError(name)


fast.include_router(shop)
fast.router.routes.extend(THINGS)

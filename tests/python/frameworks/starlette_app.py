"""A Starlette application with a mount, and an equivalent FastAPI application."""

from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route


async def user(request: Request) -> Response:
    return PlainTextResponse(str(request.path_params["number"]), 403 if "deny" in request.query_params else 200)


async def crash(request: Request) -> Response:
    raise ValueError(request.path_params["name"])


app = Starlette(routes=[Route("/users/{number:int}", user), Mount("/shop", routes=[Route("/{name}/crash", crash)])])

fast = FastAPI()
shop = APIRouter(prefix="/shop")


@fast.get("/users/{number}")
async def fast_user(number: int, request: Request) -> Response:
    return PlainTextResponse(str(number), 403 if "deny" in request.query_params else 200)


@shop.get("/{name}/crash")
async def fast_crash(name: str) -> Response:
    raise ValueError(name)


fast.include_router(shop)

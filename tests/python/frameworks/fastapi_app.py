"""A FastAPI application with each way in which it can find a route: included and nested routers, mounts, and hosts."""

from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router


async def plain(request: Request) -> Response:
    return PlainTextResponse("plain")


app = FastAPI()
api = APIRouter()
nested = APIRouter(prefix="/nested")
deeper = APIRouter(prefix="/{tenant}")


@app.get("/users/{name}")
@api.get("/users/{name}")
@nested.get("/items/{number}")
@deeper.get("/things/{number}")
async def answer(number: int = 0) -> str:
    return str(number)


@app.get("/shop/{name}/crash")
@api.get("/crash/{name}")
async def crash(name: str) -> str:
    raise ValueError(name)


api.add_route("/starlette/{name}", plain)
api.add_route("/slashed/{name}/", plain)
nested.include_router(deeper, prefix="/of")
api.include_router(nested)
api.routes.append(Mount("/mounted", routes=[Route("/{name}", plain)]))
app.include_router(api, prefix="/api")

sub = FastAPI()
sub.include_router(api, prefix="/v2")
app.mount("/sub/{tenant}", sub)

if hasattr(app, "frontend"):
    app.frontend("/front", directory=Path(__file__).parent, fallback=None)

app.router.routes.append(Host("other.test", app=Router([Route("/by-host/{name}", plain)])))

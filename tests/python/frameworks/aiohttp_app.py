"""An aiohttp application."""

from aiohttp import web


async def user(request: web.Request) -> web.Response:
    return web.Response(text=request.match_info["number"])


app = web.Application()
app.add_routes([web.get("/users/{number}", user)])

"""A native Tornado application."""

import asyncio

from tornado.web import Application, RequestHandler


class Fine(RequestHandler):
    def get(self) -> None:
        self.write("fine")


class Slow(RequestHandler):
    async def get(self) -> None:
        await asyncio.sleep(0.01)
        self.write("at last")


class Crash(RequestHandler):
    async def get(self) -> None:
        raise ValueError("before any answer")


app = Application([("/", Fine), ("/slow", Slow), ("/crash", Crash)])

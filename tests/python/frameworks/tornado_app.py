"""A native Tornado application."""

import asyncio

from tornado.web import Application, RequestHandler


class Fine(RequestHandler):
    """Answers."""

    def get(self) -> None:
        """Answers."""
        self.write("fine")


class Slow(RequestHandler):
    """Answers after a while."""

    async def get(self) -> None:
        """Answers."""
        await asyncio.sleep(0.01)
        self.write("at last")


class Crash(RequestHandler):
    """Fails."""

    async def get(self) -> None:
        """Fails."""
        raise ValueError("before any answer")


app = Application([("/", Fine), ("/slow", Slow), ("/crash", Crash)])

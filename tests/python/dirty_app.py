"""A dirty application, and a WSGI application that runs its actions: ``/ACTION?ARGUMENT`` answers with the result in JSON."""

import json
import os
import time
from urllib.parse import parse_qs

from gunicorn.dirty import get_dirty_client
from gunicorn.dirty.app import DirtyApp
from gunicorn.dirty.client import DirtyClient

NAME = "dirty_app:Tasks"


class Tasks(DirtyApp):
    def echo(self, value: object = None) -> object:
        return value

    def sleep(self, seconds: float) -> float:
        time.sleep(seconds)
        return seconds

    def fail(self, *_: object) -> None:
        raise ValueError("on purpose")

    def unsendable(self) -> object:
        return object()

    def count(self, end: int):
        yield from range(end)

    async def count_async(self, end: int):
        for number in range(end):
            yield number

    def count_and_fail(self, end: int):
        yield from range(end)
        raise ValueError("on purpose")

    def process(self) -> dict[str, object]:
        return {"pid": os.getpid(), "uid": os.getuid()}

    def measure(self) -> None:
        """Records with the package and with prometheus_client."""
        import prometheus_client

        from gunicorn_prometheus_exporter import metrics

        metrics.WorkerErrorHandling.inc(worker_id="dirty_1", method="GET", endpoint="/dirty", error_type="Recorded")
        if not hasattr(self, "counter"):
            self.counter = prometheus_client.Counter("dirty_things", "Things", registry=None)
        self.counter.inc()

    def journal(self, path: str, task: int, kind: str) -> int:
        """Runs a task of a kind, and appends its beginning and its end to a file."""
        _append(path, f"begin {task}\n")
        if kind == "slow":
            time.sleep(task % 7 / 200)
        if kind == "fail":
            _append(path, f"fail {task}\n")
            raise ValueError("on purpose")
        _append(path, f"end {task}\n")
        return task

    def journal_stream(self, path: str, task: int, kind: str):
        yield "a chunk"
        yield self.journal(path, task, kind)


class Broken(DirtyApp):
    def init(self) -> None:
        if not os.path.exists("boots"):
            raise RuntimeError("on purpose")


def _append(path: str, line: str) -> None:
    with open(path, "ab", buffering=0) as file:
        file.write(line.encode())


def app(environ, start_response):
    action = environ["PATH_INFO"][1:]
    query = parse_qs(environ["QUERY_STRING"])
    arguments = [json.loads(value) for value in query.get("argument", [])]
    # After a dirty arbiter died, Gunicorn's workers keep the socket of the dead one.
    (socket,) = query.get("socket", [None])
    client = get_dirty_client() if socket is None else DirtyClient(socket)
    try:
        if action.startswith("count"):
            result: object = list(client.stream(NAME, action, *arguments))
        else:
            result = client.execute(query.get("app", [NAME])[0], action, *arguments)
        status = "200 OK"
    except Exception as error:
        result, status = type(error).__name__, "500 Internal Server Error"
    body = json.dumps(result).encode()
    start_response(status, [("Content-Length", str(len(body)))])
    return [body]

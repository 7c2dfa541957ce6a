"""The application of the chaos test, with paths for several statuses, slow responses and a response that never comes."""

import time
from collections.abc import Iterable
from typing import Any, Callable

STATUSES = {"/ok": "200 OK", "/slow": "200 OK", "/missing": "404 Not Found", "/broken": "503 Service Unavailable"}


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.02)
    if path == "/hang":
        time.sleep(30)
    start_response(STATUSES.get(path, "200 OK"), [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]

"""A Gunicorn configuration that runs one block of the API reference in a live worker or a live master.

BLOCK_FILE has the block, BLOCK_PLACE is "worker" or "master", and the outcome is written to BLOCK_RESULT. A worker runs the
block when it begins to serve, a master when it adds a worker.
"""

import os
import signal
import socket
import traceback
from pathlib import Path
from typing import Any

from gunicorn.http.parser import RequestParser

from gunicorn_prometheus_exporter import (
    default_on_exit as on_exit,
    default_on_starting as on_starting,
    default_when_ready as when_ready,
    default_worker_int as worker_int,
)

__all__ = ["on_exit", "on_starting", "when_ready", "worker_int"]

worker_class = "gunicorn_prometheus_exporter.plugin.PrometheusWorker"

_done = False


def _run(names: dict[str, Any]) -> None:
    result = Path(os.environ["BLOCK_RESULT"])
    if result.exists():
        return
    result.touch()
    code = Path(os.environ["BLOCK_FILE"]).read_text()
    pid = os.getpid()
    try:
        exec(compile(code, "<block>", "exec"), names)
    except SystemExit:
        if os.getpid() != pid:
            # A worker that the block forked exits.
            raise
        outcome = "exit"
    except BaseException:
        outcome = traceback.format_exc()
    else:
        outcome = "done"
    result.write_text(outcome)


def post_worker_init(worker: Any) -> None:
    """Makes the worker run its block at its first heartbeat."""
    if os.environ["BLOCK_PLACE"] != "worker":
        return
    stock = worker.notify

    def notify() -> None:
        worker.notify = stock
        _run_in_worker(worker)
        stock()

    worker.notify = notify


def _run_in_worker(worker: Any) -> None:
    """Runs a worker's block, with a request from a real socket."""
    ours, client = socket.socketpair()
    ours.sendall(b"GET /of-a-block HTTP/1.1\r\nHost: localhost\r\n\r\n")
    addr = ("127.0.0.1", 1)
    _run({
        "worker": worker, "listener": worker.sockets[0], "client": client, "addr": addr,
        "req": next(RequestParser(worker.cfg, client, addr)), "exc": ValueError("of a block"),
        "signum": signal.SIGQUIT, "frame": None,
    })


def nworkers_changed(server: Any, new_value: int, old_value: Any) -> None:
    """Runs a master's block, inside the master's main loop."""
    global _done
    if os.environ["BLOCK_PLACE"] != "master" or old_value is None or _done:
        return
    _done = True
    _run({"master": server, "signum": signal.SIGUSR1, "frame": None})

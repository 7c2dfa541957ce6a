"""The application of the chaos test with stacks: it also forks, runs programs and works at the end of a deep stack."""

import os
import subprocess
from collections.abc import Iterable
from typing import Any, Callable

import chaos_app


def app(environ: "dict[str, Any]", start_response: "Callable[..., Any]") -> "Iterable[bytes]":
    path = environ["PATH_INFO"]
    if path == "/fork":
        pid = os.fork()
        if pid == 0:
            os._exit(descend(30) - 19930)
        assert os.waitpid(pid, 0)[1] == 0
    elif path == "/run":
        subprocess.run(["true"], check=True)
    elif path == "/deep":
        for _ in range(20):
            descend(60)
    return chaos_app.app(environ, start_response)


def descend(frames: int) -> int:
    """Calls and returns, each of which changes what a stack is read from."""
    return sum(range(200)) if frames == 0 else 1 + descend(frames - 1)

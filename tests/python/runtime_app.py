"""An application that uses known amounts of what a worker's runtime has: collections, descriptors, threads, page faults."""

import gc
import json
import os
import resource
import threading
from collections.abc import Iterable
from typing import Any, Callable

#: Files that stay open.
FILES = 300

#: Objects in cycles that each collection of /collect finds.
CYCLES = 1000

opened = [open(os.devnull) for _ in range(FILES)]  # noqa: SIM115

# Only /collect collects.
gc.disable()


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    answer = PATHS[environ["PATH_INFO"]]()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(answer).encode()]


def collect(generation: int = 2) -> int:
    gc.collect()
    for _ in range(CYCLES):
        cycle: list[Any] = []
        cycle.append(cycle)
    del cycle
    return gc.collect(generation)


def usage() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"minor": used.ru_minflt, "major": used.ru_majflt, "voluntary": used.ru_nvcsw, "involuntary": used.ru_nivcsw}


def thread() -> None:
    threading.Thread(target=threading.Event().wait, daemon=True).start()


def touch() -> None:
    bytearray(32 << 20)


def fork() -> int:
    child = os.fork()
    if child == 0:
        gc.collect()
        os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def break_callbacks() -> None:
    """Leaves callbacks that fail, and no other."""
    gc.callbacks[:] = [lambda phase, info: 1 / 0, lambda: None]


PATHS: dict[str, Callable[[], Any]] = {
    "/collect": collect, "/collect-young": lambda: collect(0), "/usage": usage, "/thread": thread, "/touch": touch, "/fork": fork,
    "/freeze": gc.freeze, "/break": break_callbacks, "/clear": gc.callbacks.clear,
}

"""Records an exception that made a request fail, and where it was raised. No values: an exception's message may hold data."""

from collections import deque
from types import ModuleType, TracebackType
from typing import Optional

#: The innermost frames that are looked at.
_MOST_FRAMES = 64


def report(engine: ModuleType, token: int, kind: str, traceback: Optional[TracebackType]) -> None:
    """Counts an exception by its class name, at most one for each request. Only the first ones also leave their place."""
    if engine.request_failed(token, kind):
        engine.request_raised(token, kind, _frames(traceback))


def _frames(traceback: Optional[TracebackType]) -> str:
    lines: deque[str] = deque(maxlen=_MOST_FRAMES)
    while traceback is not None:
        code = traceback.tb_frame.f_code
        lines.appendleft(f'  File "{code.co_filename}", line {traceback.tb_lineno} in {code.co_name}\n')
        traceback = traceback.tb_next
    # A path may have bytes that are no UTF-8.
    return "".join(lines).encode("utf-8", "replace").decode()

"""Finds and runs ``gunicorn-prometheus-exporter``: what the engine knows, for processes that must not load it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn, Optional

from . import heartbeat
from .errors import MetricsError

NAME = "gunicorn-prometheus-exporter"

#: Seconds that a question to the executable may take.
ANSWER_TIMEOUT = 30

#: Seconds between two reports of a waiting worker to its master.
_BEAT = 0.2

#: What the executable hands over at most: a directory, a lock file, and a file for each type of metric.
_MOST_FILES = 16
_LONGEST_NAMES = 4096


def find_executable() -> str:
    """Returns the path of the executable: the package's own, else the one on PATH.

    Raises MetricsError if there is none.
    """
    own = _own_path()
    path = own if os.path.exists(own) else shutil.which(NAME, path=_absolute_search_path())
    if path is None:
        raise MetricsError(
            f"the executable {NAME} is neither at {own} nor on PATH; install the package anew for this machine"
        )
    return path


def _absolute_search_path() -> str:
    # What is relative starts from the application's directory, in which another user may put an executable.
    return os.pathsep.join(filter(os.path.isabs, os.get_exec_path()))


def main() -> NoReturn:
    """Becomes the package's own executable: the command that an installation puts on PATH."""
    path = _own_path()
    try:
        os.execv(path, [NAME, *sys.argv[1:]])
    except OSError as error:
        sys.exit(str(cannot_run(path, error)))


def _own_path() -> str:
    return os.path.join(os.path.dirname(__file__), "bin", NAME)


def ask(*arguments: str) -> dict[str, Any]:
    """Runs the executable with these arguments and returns the JSON object that it answers.

    Raises MetricsError if it cannot be run or does not answer. The exit status is not looked at: in a Gunicorn
    master it may have been reaped before we can see it.
    """
    return _answer(arguments[0], run(*arguments))


def ask_for_files(*arguments: str) -> tuple[dict[str, Any], dict[str, int]]:
    """Asks like ``ask``, and returns the files too that the executable hands over: open descriptors, by name.

    Raises MetricsError.
    """
    try:
        ours, theirs = socket.socketpair()
    except OSError as error:
        raise MetricsError(f"no files can be handed over ({error.strerror})") from error
    with ours:
        with theirs:
            output = run(*arguments, "--socket", str(theirs.fileno()), descriptors=(theirs.fileno(),))
        files = _receive(ours)
    try:
        return _answer(arguments[0], output), files
    except MetricsError:
        for descriptor in files.values():
            os.close(descriptor)
        raise


def _receive(ours: socket.socket) -> dict[str, int]:
    """Returns what was handed over by a process that has ended."""
    try:
        ours.setblocking(False)
        text, descriptors, _, _ = socket.recv_fds(ours, _LONGEST_NAMES, _MOST_FILES, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise MetricsError(f"the files of {NAME} cannot be received ({error.strerror})") from error
    names = text.decode("utf-8", "replace").split("\n") if text else []
    if len(names) != len(descriptors):
        for descriptor in descriptors:
            os.close(descriptor)
        raise MetricsError(f"of {len(names)} files of {NAME} {len(descriptors)} were received; raise the limit of open files")
    return dict(zip(names, descriptors))


def _answer(command: str, output: str) -> dict[str, Any]:
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise MetricsError(f"{NAME} {command} gave no JSON but {output[:200]!r}") from error
    if not isinstance(answer, dict):
        raise MetricsError(f"{NAME} {command} gave no JSON object but {output[:200]!r}")
    return answer


def run(*arguments: str, descriptors: Sequence[int] = ()) -> str:
    """Runs the executable with these arguments and returns its standard output. Raises MetricsError."""
    path = find_executable()
    try:
        with subprocess.Popen(
            [path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=descriptors, restore_signals=False,
        ) as process:
            output = _output_of(process)
    except OSError as error:
        raise cannot_run(path, error) from error
    if output is None:
        raise MetricsError(f"{path} {arguments[0]} did not answer within {ANSWER_TIMEOUT} s")
    return output.decode("utf-8", "replace")


def _output_of(process: "subprocess.Popen[bytes]") -> Optional[bytes]:
    """Returns all that a process writes until it exits, None if it did not exit in time and was killed."""
    limit = time.monotonic() + ANSWER_TIMEOUT
    try:
        while time.monotonic() < limit:
            try:
                return process.communicate(timeout=_BEAT)[0]
            except subprocess.TimeoutExpired:
                heartbeat.beat()
    except BaseException:
        process.kill()
        raise
    process.kill()
    return None


def cannot_run(path: str, error: OSError) -> MetricsError:
    """Returns the error that says why the executable at this path does not start."""
    return MetricsError(
        f"the executable {path} cannot be run ({error.strerror}); install the package anew for this machine"
    )

"""Runs ``gunicorn-prometheus-exporter``, which answers for the engine in processes that must not load it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn, Optional

from . import file_environment, heartbeat
from .absence import ABSENCE, NAME, executable_path
from .errors import MetricsError

#: Seconds that one run of the executable may take.
ANSWER_TIMEOUT = 30

#: Seconds between two heartbeats of a waiting worker.
_BEAT = 0.2

#: Limits of one message: it has a directory, a lock file, and a file for each metric type. Names are in bytes.
_MOST_FILES = 16
_LONGEST_NAMES = 4096


def find_executable() -> str:
    """Returns the path of the package's executable, or else of the one on PATH. Raises MetricsError."""
    own = executable_path()
    path = own if os.path.exists(own) else shutil.which(NAME, path=_absolute_search_path())
    if path is None:
        if ABSENCE is not None:
            raise MetricsError(ABSENCE)
        raise MetricsError(
            f"the executable {NAME} is neither at {own} nor on PATH; reinstall the package for this machine"
        )
    return path


def _absolute_search_path() -> str:
    # A relative entry leads to the application's directory, where another user may put an executable.
    return os.pathsep.join(filter(os.path.isabs, os.get_exec_path()))


def main() -> NoReturn:
    """Replaces this process by the package's executable: the entry point that an installation puts on PATH."""
    path = executable_path()
    if ABSENCE is not None and not os.path.exists(path):
        sys.exit(ABSENCE)
    try:
        os.execv(path, [NAME, *sys.argv[1:]])
    except OSError as error:
        sys.exit(str(cannot_run(path, error)))


def ask(*arguments: str) -> dict[str, Any]:
    """Runs the executable and returns the JSON object that it prints. Raises MetricsError.

    The exit status is ignored: a Gunicorn master may already have reaped the process.
    """
    return _answer(arguments[0], run(*arguments))


def ask_for_files(*arguments: str) -> tuple[dict[str, Any], dict[str, int]]:
    """Does what ``ask`` does, and also returns the open descriptors that the executable passes, by name.

    The caller owns the descriptors. Raises MetricsError.
    """
    try:
        ours, theirs = socket.socketpair()
    except OSError as error:
        raise MetricsError(f"cannot create a socket for the files of {NAME} ({error.strerror})") from error
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
    # The process has exited, so everything it sent can be read at once.
    try:
        ours.setblocking(False)
        text, descriptors, _, _ = socket.recv_fds(ours, _LONGEST_NAMES, _MOST_FILES, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        raise MetricsError(f"the files of {NAME} cannot be received ({error.strerror})") from error
    names = text.decode("utf-8", "replace").split("\n") if text else []
    if len(names) != len(descriptors):
        for descriptor in descriptors:
            os.close(descriptor)
        raise MetricsError(f"received {len(descriptors)} of {len(names)} files from {NAME}; raise the limit of open files")
    return dict(zip(names, descriptors))


def _answer(command: str, output: str) -> dict[str, Any]:
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise MetricsError(f"{NAME} {command} printed {output[:200]!r}, which is not JSON") from error
    if not isinstance(answer, dict):
        raise MetricsError(f"{NAME} {command} printed {output[:200]!r}, which is not a JSON object")
    return answer


def run(*arguments: str, descriptors: Sequence[int] = ()) -> str:
    """Runs the executable and returns its standard output. Raises MetricsError."""
    path = find_executable()
    try:
        with subprocess.Popen(
            [path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, pass_fds=descriptors, restore_signals=False,
            env=file_environment.without_copies(),
        ) as process:
            output = _output_of(process)
    except OSError as error:
        raise cannot_run(path, error) from error
    if output is None:
        raise MetricsError(f"{path} {arguments[0]} did not answer within {ANSWER_TIMEOUT} s")
    return output.decode("utf-8", "replace")


def _output_of(process: "subprocess.Popen[bytes]") -> Optional[bytes]:
    """Returns the output of a process, or None if it did not exit in time and was killed."""
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
    return MetricsError(f"the executable {path} cannot be run ({error.strerror}); reinstall the package for this machine")

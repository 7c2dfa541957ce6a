"""Finds and runs ``gunicorn-prometheus-exporter``: what the engine knows, for processes that must not load it."""

import json
import os
import shutil
import subprocess
import sys
from typing import Any, NoReturn

from .errors import MetricsError

NAME = "gunicorn-prometheus-exporter"

#: Seconds that a question to the executable may take.
ANSWER_TIMEOUT = 30


def find_executable() -> str:
    """Returns the path of the executable: the package's own, else the one on PATH.

    Raises MetricsError if there is none.
    """
    own = _own_path()
    path = own if os.path.exists(own) else shutil.which(NAME)
    if path is None:
        raise MetricsError(
            f"the executable {NAME} is neither at {own} nor on PATH; install the package anew for this machine"
        )
    return path


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
    output = run(*arguments)
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise MetricsError(f"{NAME} {arguments[0]} gave no JSON but {output[:200]!r}") from error
    if not isinstance(answer, dict):
        raise MetricsError(f"{NAME} {arguments[0]} gave no JSON object but {output[:200]!r}")
    return answer


def run(*arguments: str) -> str:
    """Runs the executable with these arguments and returns its standard output. Raises MetricsError."""
    path = find_executable()
    try:
        done = subprocess.run(
            [path, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=ANSWER_TIMEOUT, check=False
        )
    except OSError as error:
        raise cannot_run(path, error) from error
    except subprocess.TimeoutExpired as error:
        raise MetricsError(f"{path} {arguments[0]} did not answer within {ANSWER_TIMEOUT} s") from error
    return done.stdout.decode("utf-8", "replace")


def cannot_run(path: str, error: OSError) -> MetricsError:
    """Returns the error that says why the executable at this path does not start."""
    return MetricsError(
        f"the executable {path} cannot be run ({error.strerror}); install the package anew for this machine"
    )

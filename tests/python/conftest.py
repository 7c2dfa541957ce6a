"""Shared fixtures: the built package, live servers, and a plain interpreter."""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable, Iterator, Sequence

import pytest

from exposition import Exposition
from live_gunicorn import HOOKS, PYTHON, LiveGunicorn, settled
from redis_server import RedisServer
from worker_classes import ALL, OURS

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE_ROOT = REPOSITORY / "out" / "python"
PACKAGE = PACKAGE_ROOT / "gunicorn_prometheus_exporter"
EXECUTABLE = PACKAGE / "bin" / "gunicorn-prometheus-exporter"

if not (PACKAGE / "_engine.abi3.so").exists() or not EXECUTABLE.exists():
    pytest.exit(f"{PACKAGE} is not built; run make build", returncode=2)
sys.path.insert(0, str(PACKAGE_ROOT))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment with the built package on its path and a store of the test's own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {
        **kept,
        # PYTHONPATH may name a folder with another Gunicorn to test.
        "PYTHONPATH": os.pathsep.join([str(PACKAGE_ROOT), str(Path(__file__).parent), *_given_path()]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "store"),
        "PROMETHEUS_BIND_ADDRESS": "127.0.0.1",
    }


def _given_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """A directory that other users can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


# It uses public_directory so that the servers have ended when that directory is removed.
@pytest.fixture
def start_gunicorn(
    tmp_path: Path, public_directory: Path, environment: dict[str, str]
) -> Iterator[Callable[..., LiveGunicorn]]:
    """Starts Gunicorns, and stops them after the test."""
    started: list[LiveGunicorn] = []

    def start(*options: str, kind: type[LiveGunicorn] = LiveGunicorn, **named: object) -> LiveGunicorn:
        folder = tmp_path / f"gunicorn-{len(started)}"
        server = kind(folder, environment, *options, **named)  # type: ignore[arg-type]
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    end_all(started)


def end_all(servers: Sequence[LiveGunicorn]) -> None:
    """Stops Gunicorns and prints their logs, which pytest shows if the test fails."""
    for server in servers:
        try:
            server.end()
        finally:
            print(server.log)


@pytest.fixture
def start_redis(tmp_path: Path) -> Iterator[Callable[..., RedisServer]]:
    """Starts Redis servers, and stops them after the test."""
    started: list[RedisServer] = []

    def start(*options: str) -> RedisServer:
        server = RedisServer(tmp_path / f"redis-{len(started)}", *options)
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    for server in started:
        server.kill()


@functools.lru_cache(None)
def _import_error(module: str) -> str:
    """Returns why the Gunicorns' interpreter cannot import a module, empty if it can."""
    done = subprocess.run([*PYTHON, "-c", f"import {module}"], capture_output=True, text=True, timeout=60, check=False)
    return f"{module}: {done.stderr.splitlines()[-1]}" if done.returncode != 0 else ""


@pytest.fixture
def need() -> Callable[..., None]:
    """Skips the test if the Gunicorns' interpreter cannot import the modules."""

    def check(*modules: str) -> None:
        for error in filter(None, map(_import_error, modules)):
            pytest.skip(error)

    return check


@pytest.fixture
def start_worker(start_gunicorn, need, record_property) -> Callable[..., LiveGunicorn]:
    """Starts a Gunicorn with a worker class of ``worker_classes``. Skips the test if the class is not available."""

    def start(name: str, *options: str, conf: str = "", needs: Sequence[str] = (), **named: object) -> LiveGunicorn:
        worker_class = ALL[name]
        # The matrix groups its results by this property.
        record_property("worker_class", OURS.get(name, name))
        need(worker_class.module, *needs)
        named.setdefault("app", worker_class.app)
        return start_gunicorn(*options, conf=HOOKS + worker_class.conf + conf, **named)

    return start


@pytest.fixture
def run_python(environment: dict[str, str], tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs code in the interpreter that runs the Gunicorns, but without Gunicorn."""

    def run(code: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*PYTHON, "-c", code], env={**environment, **variables}, cwd=tmp_path,
            capture_output=True, text=True, timeout=60, check=False,
        )

    return run


@pytest.fixture
def dump(environment: dict[str, str]) -> Callable[..., Exposition]:
    """Reads the store without its exporter, when at least ``requests`` requests are counted."""

    def dump_once() -> Exposition:
        store = environment["PROMETHEUS_MULTIPROC_DIR"]
        if not os.path.isdir(store) or not os.listdir(store):
            # Without an instrumented master the first worker creates it, after it has loaded the application.
            return Exposition("")
        command = [str(EXECUTABLE), "dump", "--dir", store]
        return Exposition(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    return lambda requests=0: settled(dump_once, requests)

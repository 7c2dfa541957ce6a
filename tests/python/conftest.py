"""What the tests share: the built package, a live Gunicorn, and a plain interpreter."""

import functools
import os
import subprocess
import sys
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
    """An environment in which the built package is found and the store is the test's own."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return {
        **kept,
        # A Gunicorn other than the installed one is tested by naming its folder in PYTHONPATH.
        "PYTHONPATH": os.pathsep.join([str(PACKAGE_ROOT), str(Path(__file__).parent), *_given_path()]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "store"),
        "PROMETHEUS_BIND_ADDRESS": "127.0.0.1",
    }


def _given_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


@pytest.fixture
def start_gunicorn(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., LiveGunicorn]]:
    """Starts Gunicorns, and ends them after the test."""
    started: list[LiveGunicorn] = []

    def start(*options: str, kind: type[LiveGunicorn] = LiveGunicorn, **named: object) -> LiveGunicorn:
        folder = tmp_path / f"gunicorn-{len(started)}"
        server = kind(folder, environment, *options, **named)  # type: ignore[arg-type]
        started.append(server)
        server.wait_until_ready()
        return server

    yield start
    for server in started:
        try:
            server.end()
        finally:
            # pytest shows it if the test has failed.
            print(server.log)


@pytest.fixture
def start_redis(tmp_path: Path) -> Iterator[Callable[..., RedisServer]]:
    """Starts Redis servers, and ends them after the test."""
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
    """Why Gunicorns cannot import a module here, empty if they can."""
    done = subprocess.run([*PYTHON, "-c", f"import {module}"], capture_output=True, text=True, timeout=60, check=False)
    return f"{module}: {done.stderr.splitlines()[-1]}" if done.returncode != 0 else ""


@pytest.fixture
def need() -> Callable[..., None]:
    """Skips the test if Gunicorns cannot import the modules here."""

    def check(*modules: str) -> None:
        for error in filter(None, map(_import_error, modules)):
            pytest.skip(error)

    return check


@pytest.fixture
def start_worker(start_gunicorn, need, record_property) -> Callable[..., LiveGunicorn]:
    """Starts a Gunicorn whose workers are of a class in ``worker_classes``; skips where that cannot be had."""

    def start(name: str, *options: str, conf: str = "", needs: Sequence[str] = (), **named: object) -> LiveGunicorn:
        worker_class = ALL[name]
        # The matrix adds up by it.
        record_property("worker_class", OURS.get(name, name))
        need(worker_class.module, *needs)
        named.setdefault("app", worker_class.app)
        return start_gunicorn(*options, conf=HOOKS + worker_class.conf + conf, **named)

    return start


@pytest.fixture
def run_python(environment: dict[str, str], tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs code in a plain interpreter, which has no Gunicorn around it, but is of the kind that Gunicorns run on."""

    def run(code: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*PYTHON, "-c", code], env={**environment, **variables}, cwd=tmp_path,
            capture_output=True, text=True, timeout=60, check=False,
        )

    return run


@pytest.fixture
def dump(environment: dict[str, str]) -> Callable[..., Exposition]:
    """Reads the store without an exporter that serves it, once as many requests are counted as the argument says."""

    def dump_once() -> Exposition:
        store = environment["PROMETHEUS_MULTIPROC_DIR"]
        if not os.path.isdir(store):
            # Without a master of ours the first worker makes it, when it has loaded the application.
            return Exposition("")
        command = [str(EXECUTABLE), "dump", "--dir", store]
        return Exposition(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)

    return lambda requests=0: settled(dump_once, requests)

"""The commands of docs/installing.md work on a real wheel, and a server survives what they do to its files."""

import os
import re
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Iterator, Sequence

import pytest

from conftest import PACKAGE
from exposition import Exposition
from follow_page import typed
from live_gunicorn import HOOKS, free_port, wait_for
from pages import PAGES, REPOSITORY

PAGE = PAGES["docs/installing.md"]
NEEDED = ("build", "setuptools", "wheel", "venv")
#: Debian's: the interpreter for which it packages Gunicorn.
PYTHON = "/usr/bin/python3"

#: What a configuration may still name when the package is gone, as the page has it, and the options that name it.
WITHOUT_PACKAGE = {
    "the hooks": (),
    "`-c python:gunicorn_prometheus_exporter.conf`": ("-c", "python:gunicorn_prometheus_exporter.conf"),
    "a worker class of the package": ("-c", os.devnull, "-k", "gunicorn_prometheus_exporter.PrometheusWorker"),
}


def commands(first_line: str) -> list[str]:
    """Returns the commands of a block of the page."""
    (block,) = (block for block in PAGE.blocks if block.first_line.startswith(first_line))
    return [command for command, _ in typed(block)]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with wheels for this machine, for another one and for any system, and in ``new`` a later version."""
    missing = [name for name in NEEDED if subprocess.run([PYTHON, "-c", f"import {name}"], capture_output=True, check=False).returncode]
    if missing:
        pytest.skip(f"{missing} cannot be imported, run eng/setup.sh dist: NO WHEEL IS INSTALLED")
    folder = tmp_path_factory.mktemp("wheels")
    stage = folder / "stage"
    shutil.copytree(PACKAGE, stage / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("deploy/wheel/pyproject.toml", "deploy/wheel/setup.py", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, stage)
    machine = os.uname().machine
    for version, place in (("0.0.1", "."), ("999.0.0", "new")):
        variables = {**os.environ, "WHEEL_VERSION": version, "WHEEL_PLATFORM": f"manylinux_2_34_{machine}"}
        subprocess.run(
            [PYTHON, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / place, stage],
            env=variables, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    for native in (stage / PACKAGE.name / "bin", stage / "build"):
        shutil.rmtree(native)
    (stage / PACKAGE.name / "_engine.abi3.so").unlink()
    subprocess.run(
        [PYTHON, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, stage],
        env={**os.environ, "WHEEL_VERSION": "0.0.1"}, capture_output=True, check=True)
    shutil.copy(wheel, folder / wheel.name.replace(machine, "another"))
    return folder


class Reader:
    """Somebody who follows the page in a directory of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port, self.metrics_port = free_port(), free_port()
        self.environment = {
            "PATH": f"{Path(PYTHON).parent}:/bin", "HOME": str(folder), "LANG": "C.UTF-8",
            "PROMETHEUS_MULTIPROC_DIR": str(folder / "store"),
            "PROMETHEUS_BIND_ADDRESS": "127.0.0.1", "PROMETHEUS_METRICS_PORT": str(self.metrics_port)}

    def type(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
        return done.stdout

    def gunicorn(self, *options: str, start: Sequence[str] = ("-m", "gunicorn")) -> "subprocess.Popen[bytes]":
        command = ["venv/bin/python", *start, "-p", "gunicorn.pid", "-b", f"127.0.0.1:{self.port}", *options, "app:app"]
        with open(self.folder / "gunicorn.log", "wb") as log:
            return subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    def log(self) -> str:
        """Returns what the last Gunicorn printed."""
        return (self.folder / "gunicorn.log").read_text()

    def get(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=30) as answer:
            return int(answer.status)

    def answers(self) -> bool:
        try:
            return self.get() == 200
        except urllib.error.URLError:
            return False

    def requests(self) -> float:
        """Returns the requests that the exporter reports, -1 if none answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=30) as answer:
                return Exposition(answer.read().decode()).total("gunicorn_worker_requests_total")
        except urllib.error.URLError:
            return -1

    def masters(self) -> list[int]:
        return [int((self.folder / name).read_text()) for name in ("gunicorn.pid", "gunicorn.pid.2") if (self.folder / name).exists()]


@pytest.fixture
def reader(wheels: Path, tmp_path: Path) -> Iterator[Reader]:
    for wheel in wheels.glob("*.whl"):
        shutil.copy(wheel, tmp_path)
    shutil.copytree(wheels / "new", tmp_path / "new")
    shutil.copy(REPOSITORY / "examples" / "quickstart" / "app.py", tmp_path)
    (tmp_path / "gunicorn.conf.py").write_text(HOOKS)
    found = Reader(tmp_path)
    for command in commands("$ python3 -m venv"):
        found.type(command)
    yield found


def end(*servers: "subprocess.Popen[bytes]") -> None:
    for server in servers:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def test_an_upgrade_continues_the_counters_and_refuses_no_request(reader: Reader) -> None:
    app = reader.folder / "app.py"
    # As Flask does: a Gunicorn that -m started hides this module from the workers of its second master.
    app.write_text("import http.server\n" + app.read_text())
    assert "`venv/bin/python /usr/bin/gunicorn`" in PAGE.text
    server = reader.gunicorn(start=("/usr/bin/gunicorn",))
    try:
        wait_for(lambda: reader.answers() and reader.requests() >= 1, "the first request")
        upgrade, restart = commands("$ venv/bin/pip install --upgrade")
        reader.type(upgrade)
        assert "999.0.0" in reader.type("venv/bin/pip list")
        # A worker that starts between the two steps serves.
        server.send_signal(signal.SIGHUP)
        wait_for(reader.answers, "a request after the reload")
        before = reader.requests()
        reader.type(restart)
        wait_for(lambda: len(reader.masters()) == 2, "the second master")
        old, new = reader.masters()
        assert old == server.pid
        os.kill(old, signal.SIGTERM)
        server.wait(60)
        assert reader.get() == 200
        wait_for(lambda: reader.requests() > before, "the counters of the upgraded server")
        os.kill(new, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{new}").exists(), "the end of the upgraded server")
    finally:
        if server.poll() is None:
            end(server)


def test_a_server_survives_the_removal_of_its_package_and_the_page_quotes_what_the_next_one_prints(reader: Reader) -> None:
    server = reader.gunicorn()
    uninstall, remove = commands("$ venv/bin/pip uninstall")
    try:
        wait_for(reader.answers, "the first request")
        reader.type(uninstall)
        server.send_signal(signal.SIGHUP)
        wait_for(lambda: all(reader.answers() for _ in range(10)), "requests after the reload")
    finally:
        end(server)
    for configuration, options in WITHOUT_PACKAGE.items():
        server = reader.gunicorn(*options)
        assert server.wait(60) == 1
        (row,) = re.findall(rf"^\| (`.*) \| {re.escape(configuration)} \|$", PAGES["docs/troubleshooting.md"].text, re.MULTILINE)
        quoted = re.findall("`(.*?)`", row)
        assert quoted and [message for message in quoted if message not in reader.log()] == [], reader.log()
    reader.type(remove)
    assert not (reader.folder / "store").exists()
    # Without the hooks, nothing of the package is missing.
    server = reader.gunicorn("-c", os.devnull)
    try:
        wait_for(reader.answers, "a request without the package")
    finally:
        end(server)


#: The options with which pip acts as on another system.
FOREIGN = {
    "a Mac": ("--platform", "macosx_14_0_arm64"),
    "musl": ("--platform", "musllinux_1_2_x86_64"),
    "an older C library": ("--platform", "manylinux_2_28_x86_64"),
    "another architecture": ("--platform", "manylinux_2_39_riscv64"),
    "PyPy": ("--platform", "manylinux_2_34_x86_64", "--implementation", "pp"),
}


def test_pip_chooses_the_wheel_without_the_engine_only_where_no_other_fits(reader: Reader) -> None:
    (install,) = commands("$ venv/bin/pip install --no-index")
    found = subprocess.run(
        f"mkdir wheels && cp *.whl wheels && {install} --force-reinstall --no-deps && ls venv/lib/python3*/site-packages/gunicorn_prometheus_*",
        shell=True, cwd=reader.folder, capture_output=True, text=True, check=True).stdout
    assert "_engine.abi3.so" in found
    for name, options in FOREIGN.items():
        reader.type(
            "venv/bin/pip download --no-index --no-deps --only-binary=:all: --find-links wheels --dest "
            f"'{name}' {' '.join(options)} gunicorn-prometheus-exporter")
        assert [file.name for file in (reader.folder / name).iterdir()] == ["gunicorn_prometheus_exporter-0.0.1-py3-none-any.whl"], name


def test_the_wheel_without_the_engine_serves_without_metrics(reader: Reader) -> None:
    reader.type("venv/bin/pip install --no-index --no-deps --force-reinstall ./*-none-any.whl")
    server = reader.gunicorn()
    try:
        wait_for(reader.answers, "a request without the engine")
    finally:
        end(server)
    assert reader.log().count("Metrics are off: the installed package has no engine for") == 1
    assert "rror" not in reader.log()
    done = subprocess.run(
        ["venv/bin/gunicorn-prometheus-exporter", "--version"], cwd=reader.folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "the installed package has no engine for" in done.stderr

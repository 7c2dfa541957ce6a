"""An exporter that cannot start or lacks a resource exits with 1 and is restarted. Its master is not affected."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Iterator, Optional

import pytest

from conftest import EXECUTABLE, PACKAGE_ROOT
from gunicorn_prometheus_exporter import exporter_process
from live_gunicorn import PYTHON, free_port, wait_for

#: The master's part in a separate interpreter: it runs the exporter without Gunicorn.
MASTER = """
import logging, os, resource, signal, sys
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
from gunicorn_prometheus_exporter import exporter_process
exporter_process.FIRST_DELAY = 0.0
exporter = exporter_process.ExporterProcess(sys.argv[1], [], os.getuid(), os.getgid(), logging.getLogger("test"), "info", {})
"""

STARVED = "cannot start a thread"


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.status == 200
    return False


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may write, unlike the test's own."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)
        yield Path(name)


def outcome(
    limit: list[str], store: Path, environment: dict[str, str], executable: Path = EXECUTABLE
) -> tuple[Optional[int], str]:
    """Starts an exporter under a limit. Returns its exit status, or None if it serves, and its output."""
    port = free_port()
    with subprocess.Popen(
        [*limit, str(executable), "serve", "--multiproc-dir", str(store), "--web.listen-address", f"127.0.0.1:{port}"],
        env={**exporter_process.ENVIRONMENT, **environment}, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:
        try:
            wait_for(lambda: process.poll() is not None or answers(port), f"an exporter under {limit} that serves or exits")
            status = process.poll()
        finally:
            process.kill()
        return status, process.stderr.read().decode()


@pytest.mark.parametrize("kilobytes", [*range(200_000, 1_000_001, 100_000), 1_500_000, 2_000_000])
def test_with_little_address_space_it_serves(kilobytes, tmp_path, environment):
    status, log = outcome(["prlimit", f"--as={kilobytes * 1024}", "--core=0"], tmp_path, environment)
    assert status is None, log


@pytest.mark.parametrize("kilobytes", [84_000, 90_000, 100_000, 105_000, 110_000, 115_000, 120_000, 130_000, 150_000])
def test_with_hardly_any_address_space_it_serves_or_says_why_not(kilobytes, tmp_path, environment):
    limit = ["prlimit", f"--as={kilobytes * 1024}", "--core=0"]
    status, log = outcome(limit, tmp_path, environment)
    if status in (-signal.SIGSEGV, -signal.SIGABRT):
        # The runtime crashes if its own allocation fails, once in about 30 starts. The master then starts the exporter again.
        status, log = outcome(limit, tmp_path, environment)
    assert status in (None, 1), log
    if status == 1:
        assert STARVED in log.splitlines()[-1], log


@pytest.mark.parametrize("descriptors", [6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40])
def test_with_few_descriptors_it_serves_or_says_why_not(descriptors, tmp_path, environment):
    status, log = outcome(["prlimit", f"--nofile={descriptors}", "--core=0"], tmp_path, environment)
    assert status in (None, 1), log
    if status == 1:
        assert any(line.startswith(("error: ", "ts=")) and "level=info" not in line for line in log.splitlines()), log


def test_a_server_with_little_address_space_has_its_exporter(start_gunicorn):
    # With one malloc arena for each thread, arenas and stacks would exceed the limit.
    server = start_gunicorn(launcher=["prlimit", f"--as={700_000 * 1024}"])
    assert server.get("/") == 200
    assert server.metrics().value("gunicorn_up") == 1
    assert len(server.exporters()) == 1


@pytest.mark.parametrize("threads", [2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24])
def test_with_few_threads_it_serves_or_says_why_not(threads, open_folder, environment):
    if os.geteuid() != 0:
        pytest.skip("only root can take the identity of a user without other processes: FEW THREADS ARE NOT TESTED")
    # A user without other processes. That user may not be able to reach the built executable.
    user = 200_000 + os.getpid() % 100_000
    executable = open_folder / EXECUTABLE.name
    shutil.copy(EXECUTABLE, executable)
    limit = [
        "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "prlimit", f"--nproc={threads}", "--core=0"]
    status, log = outcome(limit, open_folder, environment, executable)
    assert status in (None, 1), log
    if status == 1:
        assert STARVED in log.splitlines()[-1], log


def test_each_ending_is_named_and_the_next_start_announced(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGKILL)
    wait_for(lambda: server.exporters() not in ([], [exporter]), "the next exporter")
    assert "Metrics exporter was killed by SIGKILL; next start in 1 s" in server.log
    server.wait_until_served()


def test_an_exporter_that_cannot_serve_is_started_again_and_again_while_the_application_answers(start_gunicorn):
    # An address reserved for documentation, which no machine has.
    server = start_gunicorn(variables={"PROMETHEUS_BIND_ADDRESS": "192.0.2.1"})
    wait_for(lambda: "Metrics exporter exited with status 1; next start in 2 s" in server.log, "a second start that fails")
    assert "Metrics exporter exited with status 1; next start in 1 s" in server.log
    assert server.get("/") == 200


@pytest.mark.parametrize(
    ("limit", "error"),
    [("RLIMIT_NOFILE", "Too many open files"), ("RLIMIT_NPROC", "Resource temporarily unavailable")])
def test_a_start_that_the_system_refuses_is_tried_again(limit, error, environment, open_folder):
    as_other = []
    if limit == "RLIMIT_NPROC":
        if os.geteuid() != 0:
            pytest.skip("only root can take the identity of a user without other processes")
        user = 300_000 + os.getpid() % 100_000
        as_other = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        shutil.copytree(PACKAGE_ROOT, open_folder / "python")
        environment = {**environment, "PYTHONPATH": str(open_folder / "python")}
    done = subprocess.run(
        [*as_other, *PYTHON, "-c", MASTER + f"""
_, most = resource.getrlimit(resource.{limit})
resource.setrlimit(resource.{limit}, ({{"RLIMIT_NOFILE": 3, "RLIMIT_NPROC": 1}}["{limit}"], most))
exporter.tend()
exporter.tend()
resource.setrlimit(resource.{limit}, (most, most))
exporter.tend()
print("running", exporter._process.poll() is None)
exporter.stop()
exporter.stop()
""", str(open_folder)], env={**environment, "PROMETHEUS_METRICS_PORT": str(free_port())}, cwd=open_folder,
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(f"Metrics exporter cannot be started ({error}); next start in 0 s\n") == 2, done.stdout
    assert "running True\n" in done.stdout


def test_an_executable_that_is_missing_is_told_of_once(environment, tmp_path):
    package = tmp_path / "python"
    shutil.copytree(PACKAGE_ROOT, package)
    (package / "gunicorn_prometheus_exporter" / "bin" / EXECUTABLE.name).unlink()
    done = subprocess.run(
        [*PYTHON, "-c", MASTER + "exporter.tend()\nexporter.tend()\nexporter.reload()\nexporter.poll()\nexporter.stop()\n",
         str(tmp_path)],
        env={**environment, "PYTHONPATH": str(package)}, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Metrics are not served") == 1


def test_an_executable_beside_the_application_is_not_run(environment, tmp_path):
    package = tmp_path / "python"
    shutil.copytree(PACKAGE_ROOT, package)
    (package / "gunicorn_prometheus_exporter" / "bin" / EXECUTABLE.name).unlink()
    planted = tmp_path / "application" / "bin" / EXECUTABLE.name
    planted.parent.mkdir(parents=True)
    planted.write_text("#!/bin/sh\ntouch planted\n")
    planted.chmod(0o755)
    done = subprocess.run(
        [*PYTHON, "-c", MASTER + "exporter.tend()\n", str(tmp_path)], cwd=planted.parents[1],
        env={**environment, "PYTHONPATH": str(package), "PATH": "bin:" + environment["PATH"]},
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "is neither at" in done.stdout


def test_an_exporter_that_does_not_stop_is_killed(environment, tmp_path):
    port = free_port()
    done = subprocess.run(
        [*PYTHON, "-c", MASTER + """
exporter_process.END_TIMEOUT = 0.1
exporter.tend()
pid = exporter._process.pid
os.kill(pid, signal.SIGSTOP)
exporter.stop()
print("gone", not os.path.exists(f"/proc/{pid}"))
""", str(tmp_path)], env={**environment, "PROMETHEUS_METRICS_PORT": str(port)}, cwd=tmp_path,
        capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "gone True\n" in done.stdout


def test_without_proc_metrics_are_served_and_the_log_says_what_is_missing(open_folder):
    bare = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
    if subprocess.run([*bare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system can be mounted here")
    store = open_folder / "store"
    store.mkdir(mode=0o700)
    log = open_folder / "log"
    serve = [str(EXECUTABLE), "serve", "--multiproc-dir", str(store), "--web.listen-address", f"127.0.0.1:{free_port()}"]
    with open(log, "wb") as output, subprocess.Popen([*bare, *serve], stdin=subprocess.DEVNULL, stderr=output) as process:
        try:
            wait_for(lambda: "control.sock cannot be created" in log.read_text(), "the line on the control socket")
            wait_for(lambda: "listening on" in log.read_text(), "the address")
        finally:
            process.kill()
    assert "; mount /proc" in log.read_text()


@pytest.mark.parametrize("settings, name", [
    ({"default_proc_name": "shop.wsgi:app"}, "shop.wsgi:app"),
    ({"default_proc_name": "shop.wsgi:app", "proc_name": "shop"}, "shop"),
    ({"wsgi_app": "shop.wsgi:app"}, "shop.wsgi:app"),
    ({}, "gunicorn"),
    ({"proc_name": "sh\0op\udcff\n"}, "shop"),
])
def test_the_status_page_gets_the_name_of_the_application(settings: dict[str, str], name: str) -> None:
    from gunicorn.config import Config

    from gunicorn_prometheus_exporter import master_recording

    config = Config()
    for setting, value in settings.items():
        config.settings[setting].value = value
    assert master_recording._name_of(config) == name

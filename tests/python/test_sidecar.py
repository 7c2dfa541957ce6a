"""Gunicorn and the exporter as in two containers of a pod: two PID namespaces, one user and a shared directory."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Iterator

import pytest

from conftest import EXECUTABLE
from live_gunicorn import END_TIMEOUT, LiveGunicorn, wait_for

NOBODY = 65534

# The hooks of deploy/kubernetes/sidecar.yaml, none of which starts an exporter.
HOOKS = """
on_starting = "gunicorn_prometheus_exporter.default_on_starting"
worker_int = "gunicorn_prometheus_exporter.default_worker_int"
on_exit = "gunicorn_prometheus_exporter.default_on_exit"
"""


def container(folder: Path) -> list[str]:
    """Returns a launcher that runs a command as nobody and process 1 of a PID namespace, with only this folder writable."""
    return [
        "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
        "sh", "-ec", 'mount --bind "$0" "$0"; mount -o remount,bind,ro /; exec "$@"', str(folder),
        "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs", "--pdeathsig=keep",
    ]


def only_child(process: "subprocess.Popen[bytes]") -> int:
    """Returns the first process of the namespace that unshare created."""
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text())


class ContainedGunicorn(LiveGunicorn):
    """A Gunicorn whose master is the first process of a PID namespace."""

    @property
    def pid(self) -> int:
        return only_child(self.process)

    def end(self) -> int:
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(END_TIMEOUT)


class Pod:
    """The two containers and their shared directory."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = {**environment, "PROMETHEUS_MULTIPROC_DIR": str(folder / "store"), "TMPDIR": str(folder)}
        self.gunicorn = self.start_gunicorn()
        with (folder / "exporter.log").open("wb") as log:
            self.exporter = subprocess.Popen(
                [*container(folder), str(EXECUTABLE), "serve"],
                env={**self.environment, "PROMETHEUS_METRICS_PORT": str(self.gunicorn.metrics_port)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )

    def start_gunicorn(self, **named: int) -> ContainedGunicorn:
        """Starts the application's container."""
        folder = Path(tempfile.mkdtemp(dir=self.folder)) / "gunicorn"
        os.chmod(folder.parent, 0o755)
        server = ContainedGunicorn(folder, self.environment, "-w", "2", conf=HOOKS, launcher=container(self.folder), **named)
        try:
            server.wait_until_ready()
        except BaseException:
            # This kills the child of unshare too.
            server.process.kill()
            raise
        return server

    def end(self) -> None:
        """Stops both containers."""
        try:
            self.gunicorn.end()
        finally:
            self.exporter.kill()
            self.exporter.wait()
            print(self.gunicorn.log, (self.folder / "exporter.log").read_text())


@pytest.fixture
def pod(environment: dict[str, str]) -> Iterator[Pod]:
    folder = Path(tempfile.mkdtemp(prefix="pod-"))
    try:
        if subprocess.run([*container(folder), "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("only root can make PID namespaces and read-only roots, where it may: THE SIDECAR IS NOT TESTED")
        os.chown(folder, NOBODY, NOBODY)
        pod = Pod(folder, environment)
        yield pod
        pod.end()
    finally:
        shutil.rmtree(folder)


def test_a_sidecar_tells_of_the_server_in_the_other_container(pod: Pod) -> None:
    server = pod.gunicorn
    for _ in range(20):
        assert server.get("/") == 200
    metrics = server.metrics(20)
    assert metrics.total("gunicorn_worker_requests_total") == 20
    assert metrics.value("gunicorn_up") == 1
    wait_for(lambda: server.metrics().value("gunicorn_workers", state="live") == 2, "both workers")
    assert metrics.has("gunicorn_listener_backlog", listener=f"127.0.0.1:{server.port}")


def test_a_worker_killed_in_the_other_container_is_accounted_for(pod: Pod) -> None:
    server = pod.gunicorn
    for _ in range(20):
        assert server.get("/") == 200
    server.metrics(20)
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    victims = server.workers()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(now := server.workers()) == 2 and not set(now) & set(victims), "two new workers")
    assert server.get("/") == 200
    metrics = server.metrics(21)
    assert metrics.total("gunicorn_worker_requests_total") == 21
    assert metrics.value("gunicorn_up") == 1
    # Their processes are gone before the master of the other container has said how they ended.
    wait_for(lambda: server.scrape().total("gunicorn_worker_exits_total") == 2, "two exits")


def test_a_container_of_the_application_that_is_killed_and_begins_again_goes_on_counting(pod: Pod) -> None:
    server = pod.gunicorn
    for _ in range(20):
        assert server.get("/") == 200
    server.metrics(20)
    server.process.kill()
    server.process.wait()
    wait_for(lambda: server.scrape().value("gunicorn_up") == 0, "the end of the server")
    assert server.scrape().total("gunicorn_worker_requests_total") == 20
    pod.gunicorn = again = pod.start_gunicorn(metrics_port=server.metrics_port)
    assert again.get("/") == 200
    metrics = again.metrics(21)
    assert metrics.total("gunicorn_worker_requests_total") == 21
    assert metrics.value("gunicorn_up") == 1

"""With any umask, processes of one user can use each other's files."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for
from test_metrics_off import APP, BOUND

LAUNCH = (sys.executable, str(Path(__file__).parent / "launch.py"), "--umask")
REQUESTS = "gunicorn_worker_requests_total"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up root's way around permissions")


@pytest.mark.parametrize("umask", ["777", "277", "077", "000"])
@pytest.mark.parametrize("conf", [HOOKS, PROMETHEUS_WORKER, HOOKS + PROMETHEUS_WORKER], ids=["hooks", "worker class", "both"])
def test_metrics_are_on_under_any_umask(start_gunicorn, dump, environment, conf, umask):
    server = start_gunicorn(app=APP, conf=conf, launcher=(*BOUND, *LAUNCH, umask))
    assert [server.get("/") for _ in range(3)] == [200] * 3
    # A worker counts a request after its response.
    assert (server.metrics(requests=3) if HOOKS in conf else dump(requests=3)).total(REQUESTS) == 3
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: server.workers() not in ([], [worker]), "the next worker")
    assert server.get("/") == 200
    figures = server.metrics(requests=4) if HOOKS in conf else dump(requests=4)
    assert figures.total(REQUESTS) == 4
    assert figures.value("hits_total") == 4
    assert server.end() == 0
    assert " off: " not in server.log and "cannot" not in server.log, server.log
    store = Path(environment["PROMETHEUS_MULTIPROC_DIR"])
    assert store.stat().st_mode & 0o777 == 0o700
    # prometheus_client's own files, named by a pid, get their permissions when the package needs to read them.
    ours = [file for file in store.iterdir() if not re.search(r"_\d+\.db$", file.name)]
    assert [file.name for file in ours if file.stat().st_mode & 0o600 != 0o600] == []
    # A later run uses the files of an earlier one.
    again = start_gunicorn(app=APP, conf=conf, launcher=(*BOUND, *LAUNCH, umask))
    assert again.get("/") == 200
    assert (again.metrics(requests=1) if HOOKS in conf else dump(requests=1)).value("hits_total") >= 1
    assert " off: " not in again.log and "cannot" not in again.log, again.log


def test_files_that_a_umask_has_closed_to_their_own_user_are_opened(start_gunicorn, environment):
    first = start_gunicorn(app=APP)
    assert first.get("/") == 200
    first.metrics(requests=1)
    assert first.end() == 0
    for file in Path(environment["PROMETHEUS_MULTIPROC_DIR"]).iterdir():
        file.chmod(0)
    read = subprocess.run(
        [*BOUND, str(EXECUTABLE), "dump", "--dir", environment["PROMETHEUS_MULTIPROC_DIR"]],
        env=environment, capture_output=True, text=True, check=True)
    assert "hits_total 1" in read.stdout
    assert read.stderr == ""


def test_an_application_starts_without_metrics_under_any_umask(start_gunicorn):
    server = start_gunicorn(
        app=APP, conf="import prometheus_client\n" + HOOKS, launcher=(*BOUND, *LAUNCH, "777"),
        variables={"PROMETHEUS_MULTIPROC_DIR": "/proc/no/store"})
    assert server.get("/") == 200

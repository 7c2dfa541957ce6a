"""Commands of the control socket of Gunicorn 25.1 and later leave every value right."""

import subprocess
import time
from pathlib import Path
from typing import Callable

import pytest

from live_gunicorn import PYTHON, LiveGunicorn, wait_for
from test_dirty_workers import CONF, DirtyGunicorn, exits

Command = Callable[[LiveGunicorn, str], None]


@pytest.fixture
def command(environment, need) -> Command:
    """Sends a command to the control socket of a server."""
    need("gunicorn.ctl.client")

    def send(server: LiveGunicorn, text: str) -> None:
        path = Path(server.conf).parent / "control"
        wait_for(path.exists, "the control socket")
        code = f"from gunicorn.ctl.client import ControlClient; print(ControlClient({str(path)!r}).send_command({text!r}))"
        done = subprocess.run([*PYTHON, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert "'success': False" not in done.stdout and "error" not in done.stdout, done.stdout

    return send


@pytest.fixture
def start_controlled(start_gunicorn, need):
    """Starts a Gunicorn with a control socket and, if ``dirty``, dirty workers."""
    need("gunicorn.ctl.client")

    def start(dirty: bool = False) -> LiveGunicorn:
        conf = 'control_socket = "control"\nworkers = 2\n'
        if not dirty:
            return start_gunicorn(conf=CONF.partition("\nimport uuid")[0] + "\n" + conf)
        return start_gunicorn(kind=DirtyGunicorn, conf=CONF + conf, app="dirty_app:app")

    return start


def workers(server: LiveGunicorn) -> tuple[float, float]:
    """Returns how many workers are configured and how many are live."""
    metrics = server.metrics()
    return tuple(metrics.value("gunicorn_workers", state=state) for state in ("configured", "live"))  # type: ignore[return-value]


def restarts(server: LiveGunicorn) -> float:
    return server.scrape().value("gunicorn_master_worker_restarts_total")


def test_workers_that_are_added_removed_and_killed(start_controlled, command):
    server = start_controlled()
    wait_for(lambda: workers(server) == (2, 2), "two workers")
    command(server, "worker add 2")
    wait_for(lambda: workers(server) == (4, 4), "four workers")
    assert restarts(server) == 0
    command(server, "worker remove 1")
    wait_for(lambda: workers(server) == (3, 3), "three workers")
    wait_for(lambda: exits(server.scrape(), "gunicorn_worker_exits_total") == {"graceful": 1}, "an exit")
    assert restarts(server) == 0
    command(server, f"worker kill {server.workers()[0]}")
    wait_for(lambda: exits(server.scrape(), "gunicorn_worker_exits_total") == {"graceful": 2}, "a second exit")
    wait_for(lambda: workers(server) == (3, 3) and restarts(server) == 1, "a worker that replaces it")
    command(server, "reload")
    wait_for(lambda: exits(server.scrape(), "gunicorn_worker_exits_total").get("reload") == 3, "a reload")
    # A reload restores the number in the configuration.
    wait_for(lambda: workers(server) == (2, 2), f"the configured workers, not {workers(server)}")
    assert "a recording failed" not in server.log


def test_dirty_workers_that_are_added_and_removed(start_controlled, command):
    server = start_controlled(dirty=True)
    server.wait_until_dirty(2)
    # For 0.1 s after it began a worker the dirty arbiter takes those that are added for too many, and ends workers without end.
    time.sleep(0.5)
    command(server, "dirty add 2")
    metrics = server.wait_until_dirty(4)
    wait_for(lambda: server.scrape().value("gunicorn_dirty_workers", state="configured") == 4, "the configured number")
    assert metrics.value("gunicorn_dirty_worker_restarts_total") == 0
    command(server, "dirty remove 1")
    server.wait_until_dirty(3)
    wait_for(lambda: exits(server.scrape()) == {"graceful": 1}, "an exit")
    wait_for(lambda: server.scrape().value("gunicorn_dirty_workers", state="configured") == 3, "the configured number")
    assert server.scrape().value("gunicorn_dirty_worker_restarts_total") == 0
    assert workers(server) == (2, 2)
    assert exits(server.scrape(), "gunicorn_worker_exits_total") == {}

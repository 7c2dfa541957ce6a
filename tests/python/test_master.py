"""The master counts restarts, keeps the exporter running, and never loads the engine."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from live_gunicorn import END_TIMEOUT, HOOKS, PROMETHEUS_WORKER, free_port, wait_for

RESTARTS = "gunicorn_master_worker_restarts_total"


def maps(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_the_master_never_loads_the_engine_though_the_application_is_preloaded(start_gunicorn):
    server = start_gunicorn("--preload", "-w", "2")
    assert server.get("/") == 200
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.metrics().value(RESTARTS) == 2, "the reload")
    wait_for(lambda: len(server.workers()) == 2, "the end of the old workers")
    assert "_engine" not in maps(server.pid)
    wait_for(lambda: all("_engine.abi3.so" in maps(pid) for pid in server.workers()), "the engine in each worker")


def test_recording_in_the_master_is_refused_with_a_remedy(start_gunicorn, tmp_path):
    (tmp_path / "too_early.py").write_text("""
from app import app
from gunicorn_prometheus_exporter.metrics import MetricsError, WorkerRequests
try:
    WorkerRequests().inc(worker_id="worker_1")
except MetricsError as error:
    print("refused:", error, flush=True)
""")
    server = start_gunicorn("--preload", "--pythonpath", str(tmp_path), app="too_early:app")
    assert "refused: metrics cannot be recorded in a Gunicorn master" in server.log
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_worker_that_was_killed_is_counted_as_one_restart(start_gunicorn):
    server = start_gunicorn("-w", "2")
    assert server.metrics().value(RESTARTS) == 0
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.metrics().value(RESTARTS) == 1, "the restart")


def test_an_exit_for_a_reason_that_the_executable_lacks_is_counted_as_unknown(start_gunicorn):
    conf = HOOKS + """
from gunicorn_prometheus_exporter import master_exits
master_exits.reason_of = lambda ending, worker: "gremlin"
"""
    server = start_gunicorn("-w", "2", conf=conf)
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.metrics().value("gunicorn_worker_exits_total", reason="unknown") == 1, "the exit")
    wait_for(lambda: "an exit is counted with reason=unknown" in server.log, "the line")
    assert server.get("/") == 200


def test_a_worker_that_leaves_by_an_interrupt_takes_neither_the_exporter_nor_its_master_along(start_gunicorn, tmp_path):
    # Gunicorn then runs the master's shutdown in the worker, with a copy of the master's object.
    (tmp_path / "interrupting.py").write_text("""
import signal
from app import app as answering
def interrupt(number, frame):
    raise KeyboardInterrupt
def app(environ, start_response):
    if environ["PATH_INFO"] == "/interrupt":
        # Once the worker is idle: Gunicorn 22 and later answers an interrupt of a request with a 500.
        signal.signal(signal.SIGALRM, interrupt)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
    return answering(environ, start_response)
""")
    server = start_gunicorn("-w", "1", "--pythonpath", str(tmp_path), app="interrupting:app")
    (worker,) = server.workers()
    server.get("/interrupt")
    wait_for(lambda: (now := server.workers()) and worker not in now, "another worker")
    wait_for(lambda: server.get("/") == 200, "an answer")
    assert server.log.count("Metrics exporter started") == 1
    assert "a recording failed" not in server.log
    assert (tmp_path / "store" / "master-1.run").exists()


def test_more_and_fewer_workers_are_not_restarts(start_gunicorn):
    server = start_gunicorn("-w", "2")
    for number, count in ((signal.SIGTTIN, 3), (signal.SIGTTOU, 2), (signal.SIGTTIN, 3)):
        server.signal(number)
        wait_for(lambda: server.metrics().value("gunicorn_workers", state="configured") == count, f"{count} workers")
        wait_for(lambda: len(server.workers()) == count, f"{count} processes")
    assert server.metrics().value(RESTARTS) == 0


def test_a_reload_replaces_every_worker_and_goes_on_recording(start_gunicorn):
    server = start_gunicorn("-w", "2", conf=HOOKS)
    for reloads in (1, 2):
        old = server.workers()
        server.signal(signal.SIGHUP)
        wait_for(lambda: not set(old) & set(server.workers()), "new workers")
        wait_for(lambda: server.metrics().value(RESTARTS) == 2 * reloads, "the count")
        assert server.get("/") == 200
    assert server.metrics(requests=2).value("gunicorn_worker_requests_total") == 2


def test_the_masters_signals_are_counted_by_name(start_gunicorn):
    server = start_gunicorn("-w", "2")
    for name in ("ttin", "ttou", "hup", "usr1"):
        server.signal(signal.Signals[f"SIG{name.upper()}"])
        wait_for(lambda: server.metrics().value("gunicorn_master_signals_total", signal=name) == 1, name)
    # The surplus worker and those that the reload replaced have exited.
    wait_for(lambda: server.metrics().value("gunicorn_master_signals_total", signal="chld") >= 1, "chld")


def test_an_arbiter_class_of_the_users_own_is_kept(start_gunicorn, tmp_path):
    (tmp_path / "own_arbiter.py").write_text("""
from gunicorn.arbiter import Arbiter
class OwnArbiter(Arbiter):
    def manage_workers(self):
        self.log.info("own arbiter")
        super().manage_workers()
""")
    server = start_gunicorn("--pythonpath", str(tmp_path), conf="""
import sys
sys.path.insert(0, %r)
from own_arbiter import OwnArbiter
from gunicorn_prometheus_exporter import default_on_starting, default_when_ready as when_ready
def on_starting(server):
    server.__class__ = OwnArbiter
    default_on_starting(server)
""" % str(tmp_path))
    wait_for(lambda: "own arbiter" in server.log, "the user's class")
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1


def test_a_master_by_itself_needs_no_hooks(start_gunicorn):
    server = start_gunicorn(conf="""
import gunicorn.app.base
from gunicorn_prometheus_exporter.master import PrometheusMaster
gunicorn.app.base.Arbiter = PrometheusMaster
""")
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1
    (exporter,) = server.exporters()
    assert server.end() == 0
    assert not Path(f"/proc/{exporter}").exists()


def test_the_shipped_configuration_is_complete(start_gunicorn):
    server = start_gunicorn(
        config_option="python:gunicorn_prometheus_exporter.conf", variables={"GUNICORN_WORKERS": "3"})
    wait_for(lambda: len(server.workers()) == 3, "three workers")
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1


def test_the_exporter_ends_with_the_master(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    (exporter,) = server.exporters()
    assert server.end() == 0
    assert not Path(f"/proc/{exporter}").exists()


def test_the_exporter_ends_when_the_master_is_killed(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    (exporter,) = server.exporters()
    server.process.kill()
    server.process.wait()
    wait_for(lambda: not Path(f"/proc/{exporter}").exists(), "the end of the exporter")


def test_an_exporter_that_was_killed_is_started_again(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGKILL)
    wait_for(lambda: server.exporters() not in ([], [exporter]), "another exporter")
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1
    assert "Metrics exporter was killed by SIGKILL" in server.log


@pytest.mark.parametrize("conf", [HOOKS, HOOKS + PROMETHEUS_WORKER], ids=["hooks", "hooks and worker"])
def test_counters_survive_a_master_that_was_killed(start_gunicorn, conf):
    # A worker checks for its master at intervals of half the timeout.
    first = start_gunicorn("--timeout", "4", conf=conf)
    assert [first.get("/") for _ in range(5)] == [200] * 5
    workers = first.workers()
    first.process.kill()
    first.process.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the end of the workers")
    second = start_gunicorn(conf=conf)
    assert second.get("/") == 200
    assert second.metrics(requests=6).value("gunicorn_worker_requests_total") == 6


def test_a_second_master_takes_over_and_counts_on(start_gunicorn):
    server = start_gunicorn("-w", "2")
    assert [server.get("/") for _ in range(3)] == [200] * 3
    server.wait_until_served()
    server.signal(signal.SIGUSR2)
    wait_for(server.second_masters, "a second master")
    (second,) = server.second_masters()
    try:
        wait_for(lambda: server.log.count("Booting worker") == 4, "the second master's workers")
        assert server.metrics().value("gunicorn_workers", state="configured") == 4
        assert server.end() == 0
        assert [server.get("/") for _ in range(2)] == [200] * 2
        metrics = server.metrics(requests=5)
        assert metrics.value("gunicorn_worker_requests_total") == 5
        assert metrics.value(RESTARTS) == 0
    finally:
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{second}").exists(), "the end of the second master")


def test_an_application_that_cannot_be_loaded_ends_gunicorn_and_the_exporter(start_gunicorn):
    server = start_gunicorn(app="no_such_module:app")
    wait_for(lambda: server.process.poll() is not None, "the end of Gunicorn")
    assert server.process.returncode == 3
    assert "Metrics exporter started" in server.log
    assert "Traceback" not in server.log.partition("Shutting down")[2]


def test_a_process_that_recorded_before_it_became_a_master_serves_without_metrics(environment, tmp_path):
    port = free_port()
    (tmp_path / "becomes.py").write_text("""
import sys
from gunicorn.app.wsgiapp import run
from gunicorn_prometheus_exporter.metrics import WorkerRequests
WorkerRequests().inc(worker_id="worker_1")
run()
""")
    (tmp_path / "gunicorn.conf.py").write_text(HOOKS)
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "becomes.py", "-b", f"127.0.0.1:{port}", "app:app"], cwd=tmp_path, stdout=output,
            stderr=output, env={**environment, "PROMETHEUS_METRICS_PORT": str(free_port())})
    try:
        wait_for(lambda: "the engine was already loaded" in log.read_text(), "a line that says so")

        def answers() -> bool:
            # The line may come before the port is open.
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as response:
                return response.status == 200
            return False

        wait_for(answers, "an answer")
    finally:
        process.terminate()
        assert process.wait(END_TIMEOUT) == 0


def test_exits_that_the_exporter_cannot_be_told_of_are_told_when_it_can(start_gunicorn, tmp_path):
    server = start_gunicorn("--workers", "2")
    obstacle = tmp_path / "store" / "master-1.exits.new"
    obstacle.mkdir()
    wait_for(lambda: server.log.count("Booting worker") == 2, "both workers")
    before = server.workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: len(now := server.workers()) == 2 and not set(before) & set(now), "two more workers")
    wait_for(lambda: "Exits of workers cannot be recorded" in server.log, "the line")
    obstacle.rmdir()
    exits = tmp_path / "store" / "master-1.exits"
    wait_for(lambda: exits.exists() and len(exits.read_text().splitlines()) == 2, "both exits")
    assert server.log.count("Exits of workers cannot be recorded") == 1
    wait_for(lambda: server.log.count("Exits of workers are recorded for the exporter again") == 1, "the line of the end")
    assert all(str(pid) in exits.read_text() for pid in before)


def test_a_store_removed_while_in_use_is_said_once_and_the_application_serves(start_gunicorn, tmp_path):
    server = start_gunicorn()
    # A worker that opens the store later has a line of its own.
    assert server.get("/") == 200
    server.metrics(requests=1)
    shutil.rmtree(tmp_path / "store")
    wait_for(lambda: server.log.count("reload Gunicorn (SIGHUP)") == 2, "the lines")
    assert [server.get("/") for _ in range(3)] == [200] * 3
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.log.count("Booting worker") == 2, "another worker")
    assert server.get("/") == 200
    assert server.end() == 0
    # One line from the master and one from the exporter.
    assert server.log.count("reload Gunicorn (SIGHUP)") == 2


def test_a_worker_that_spoils_its_stage_is_counted_and_so_are_the_others(start_gunicorn):
    server = start_gunicorn()
    server.request("POST", "/exec", """
import gc, os
for stage in gc.get_objects():
    if type(stage).__name__ == "SharedStage":
        stage._memory[0] = 255
os._exit(0)
""")
    wait_for(lambda: server.metrics().value("gunicorn_worker_exits_total", reason="graceful") == 1, "the exit")
    assert "a recording failed" not in server.log

"""After every event of a server's life, exits, signals, restarts and states are right, and no process or file is left."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from exposition import Exposition
from live_gunicorn import END_TIMEOUT, HOOKS, PYTHON, LiveGunicorn, wait_for

EXITS = "gunicorn_worker_exits_total"
RESTARTS = "gunicorn_master_worker_restarts_total"
REQUESTS = "gunicorn_worker_requests_total"
LAUNCH = (sys.executable, str(Path(__file__).parent / "launch.py"))


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def sockets(pid: int) -> set[str]:
    """Returns the open sockets of a process, by the kernel's names."""
    names = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            names.add(os.readlink(path))
    return {name for name in names if name.startswith("socket:")}


def running(server: LiveGunicorn, count: int) -> Callable[[], bool]:
    """Returns whether exactly this many workers run."""

    def check() -> bool:
        states = server.metrics().by("gunicorn_worker_state", "state")
        return states.get("running") == count and len(server.workers()) == count

    return check


def counts(metrics: Exposition) -> dict[str, float]:
    """Returns the exits by reason, without zeroes, and the restarts."""
    found = {reason: count for reason, count in metrics.by(EXITS, "reason").items() if count}
    return {**found, "restarts": metrics.value(RESTARTS)}


class Daemon(LiveGunicorn):
    """A Gunicorn that runs as a daemon."""

    def __init__(self, folder: Path, environment: dict[str, str], *options: str, **named: object) -> None:
        self._pid_file = folder / "pid"
        options = ("--daemon", "--pid", str(self._pid_file), "--log-file", str(folder / "log"), *options)
        super().__init__(folder, environment, *options, **named)  # type: ignore[arg-type]

    @property
    def pid(self) -> int:
        return int(self._pid_file.read_text())

    def wait_until_ready(self) -> None:
        assert self.process.wait(END_TIMEOUT) == 0
        wait_for(lambda: self._pid_file.exists() and "Booting worker" in self.log, "the daemon")

    def end(self) -> int:
        if self._pid_file.exists():
            pid = self.pid
            os.kill(pid, signal.SIGTERM)
            wait_for(lambda: not lives(pid), "the end of the daemon")
        return 0


class FirstProcess(LiveGunicorn):
    """A Gunicorn that is process 1, as in a container."""

    LAUNCHER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")

    def __init__(self, folder: Path, environment: dict[str, str], *options: str, **named: object) -> None:
        super().__init__(folder, environment, *options, launcher=self.LAUNCHER, **named)  # type: ignore[arg-type]

    @property
    def pid(self) -> int:
        (pid,) = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(pid)

    def end(self) -> int:
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(END_TIMEOUT)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (3, 1)])
def test_a_reload_with_another_number_of_workers(start_gunicorn, before, after):
    server = start_gunicorn(conf=HOOKS + f"workers = {before}\n")
    wait_for(running(server, before), "the workers")
    assert server.get("/") == 200
    server.conf.write_text(HOOKS + f"workers = {after}\n")
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.metrics().value(EXITS, reason="reload") == before, "the end of the old workers")
    wait_for(running(server, after), "the new workers")
    assert server.get("/") == 200
    metrics = server.metrics(requests=2)
    assert metrics.value(REQUESTS) == 2
    assert metrics.value("gunicorn_workers", state="configured") == after
    assert metrics.value("gunicorn_workers", state="live") == after
    assert metrics.value("gunicorn_master_signals_total", signal="hup") == 1
    assert counts(metrics) == {"reload": before, "restarts": min(before, after)}
    # The old workers still held their slots when the first new workers took theirs.
    assert metrics.by("gunicorn_worker_info", "worker_id").keys() <= {f"worker_{n + 1}" for n in range(before + after)}


def test_a_reload_with_another_class_of_workers(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + "workers = 2\nworker_class = 'sync'\n")
    wait_for(running(server, 2), "the workers")
    assert server.get("/") == 200
    server.conf.write_text(HOOKS + "workers = 2\nworker_class = 'gthread'\nthreads = 3\n")
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.metrics().value(EXITS, reason="reload") == 2, "the end of the old workers")
    wait_for(running(server, 2), "the new workers")
    assert server.get("/") == 200
    metrics = server.metrics(requests=2)
    assert metrics.value(REQUESTS) == 2
    assert metrics.by("gunicorn_worker_info", "worker_class") == {"gthread": 2}
    assert counts(metrics) == {"reload": 2, "restarts": 2}


def test_log_files_are_reopened_and_nobody_ends(start_gunicorn, tmp_path):
    log = tmp_path / "access"
    server = start_gunicorn("-w", "2", "--access-logfile", str(log))
    wait_for(running(server, 2), "the workers")
    assert server.get("/") == 200
    log.rename(tmp_path / "rotated")
    server.signal(signal.SIGUSR1)
    wait_for(log.exists, "the new log")
    assert server.get("/") == 200
    metrics = server.metrics(requests=2)
    assert counts(metrics) == {"restarts": 0}
    wait_for(lambda: server.scrape().value("gunicorn_master_signals_total", signal="usr1") == 1, "the count of the signal")


def test_during_an_upgrade_slots_are_unique_and_counters_never_go_back(start_gunicorn):
    server = start_gunicorn("-w", "2")
    wait_for(running(server, 2), "the workers")
    (exporter,) = server.exporters()
    answered = 0
    seen = 0.0

    def send_and_scrape() -> Exposition:
        nonlocal answered, seen
        assert server.get("/") == 200
        answered += 1
        metrics = server.metrics(requests=answered)
        assert metrics.value(REQUESTS) == answered
        assert sum(metrics.by(EXITS, "reason").values()) >= seen
        seen = sum(metrics.by(EXITS, "reason").values())
        return metrics

    send_and_scrape()
    server.signal(signal.SIGUSR2)
    wait_for(server.second_masters, "a second master")
    (second,) = server.second_masters()
    try:
        wait_for(lambda: send_and_scrape().total("gunicorn_worker_info") == 4, "four workers")
        metrics = send_and_scrape()
        assert sorted(metrics.by("gunicorn_worker_info", "worker_id").values()) == [1, 1, 1, 1]
        assert len(metrics.by("gunicorn_worker_info", "pid")) == 4
        assert metrics.value("gunicorn_master_signals_total", signal="usr2") == 1
        server.signal(signal.SIGQUIT)
        assert server.process.wait(END_TIMEOUT) == 0
        assert not lives(exporter)
        wait_for(lambda: send_and_scrape().value("gunicorn_workers", state="live") == 2, "two workers")
        assert counts(send_and_scrape()) == {"graceful": 2, "restarts": 0}
    finally:
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: not lives(second), "the end of the second master")


def test_a_daemon_gives_up_its_workers_and_gets_them_back(start_gunicorn):
    server = start_gunicorn("-w", "2", kind=Daemon)
    wait_for(running(server, 2), "the workers")
    assert server.get("/") == 200
    server.signal(signal.SIGWINCH)
    wait_for(lambda: not server.workers(), "the end of the workers")
    # A worker disappears from the list of processes before its master records the exit.
    wait_for(lambda: server.metrics().value(EXITS, reason="graceful") == 2, "the end of the workers to be noted")
    metrics = server.metrics()
    assert metrics.value("gunicorn_master_signals_total", signal="winch") == 1
    assert counts(metrics) == {"graceful": 2, "restarts": 0}
    wait_for(lambda: server.metrics().value("gunicorn_workers", state="configured") == 0, "no workers configured")
    server.signal(signal.SIGHUP)
    wait_for(running(server, 2), "the workers")
    assert server.get("/") == 200
    metrics = server.metrics(requests=2)
    assert metrics.value(REQUESTS) == 2
    assert counts(metrics) == {"graceful": 2, "restarts": 0}
    children = server.children()
    server.end()
    assert not [pid for pid in children if lives(pid)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_server_that_is_told_to_end_leaves_nothing_behind(start_gunicorn, environment, number):
    server = start_gunicorn("-w", "2")
    wait_for(running(server, 2), "the workers")
    children = server.children()
    assert len(children) == 3
    server.signal(number)
    assert server.process.wait(END_TIMEOUT) == 0
    assert not [pid for pid in children if lives(pid)]
    assert not list(Path(environment["PROMETHEUS_MULTIPROC_DIR"]).glob("*.run"))
    assert not list(Path(environment["PROMETHEUS_MULTIPROC_DIR"]).glob("*.new"))


def test_a_socket_that_a_service_manager_hands_over_is_served(start_gunicorn):
    server = start_gunicorn(launcher=(*LAUNCH, "--socket-activation"))
    assert server.get("/") == 200
    assert server.metrics(requests=1).value(REQUESTS) == 1
    (exporter,) = server.exporters()
    assert sockets(server.pid)
    assert not sockets(server.pid) & sockets(exporter)
    assert server.end() == 0


def test_the_first_process_of_a_container_counts_its_workers_and_nobody_elses(start_gunicorn):
    if shutil.which("unshare") is None or subprocess.run([*FirstProcess.LAUNCHER, "true"], check=False).returncode != 0:
        pytest.skip("this machine does not let the test make a PID namespace: PID 1 IS NOT TESTED")
    server = start_gunicorn("-w", "2", kind=FirstProcess)
    wait_for(running(server, 2), "the workers")
    # Process 1 inherits orphans and has to reap them.
    orphan = "import os, sys; pid = os.fork(); (os.fork() or os._exit(9)) and os._exit(0) if pid == 0 else os.waitpid(pid, 0)"
    assert server.request("POST", "/exec", orphan)[0] == 200
    server.signal(signal.SIGTTOU)
    wait_for(running(server, 1), "one worker less")
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.metrics().value(RESTARTS) == 1, "the restart")
    wait_for(running(server, 1), "the new worker")
    assert counts(server.metrics(requests=1)) == {"graceful": 1, "signal": 1, "restarts": 1}
    children = server.children()
    assert server.end() == 0
    assert not [pid for pid in children if lives(pid)]


def test_under_a_strict_umask_the_workers_user_can_still_read_the_store(public_directory, start_gunicorn):
    if os.geteuid() != 0:
        pytest.skip("only root can give workers another user")
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*as_nobody, *PYTHON, "-c", ""], capture_output=True, check=False).returncode != 0:
        pytest.skip("this Python lies where other users cannot run it")
    store = public_directory / "store"
    server = start_gunicorn("--user", "nobody", "--group", "nogroup", launcher=(*LAUNCH, "--umask", "077"),
                            variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    wait_for(running(server, 1), "the worker")
    assert server.get("/") == 200
    assert server.metrics(requests=1).value(REQUESTS) == 1
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.metrics().value(EXITS, reason="signal") == 1, "the exit")
    reading = [*as_nobody, "cat", str(store / "master-1.exits")]
    told = subprocess.run(reading, capture_output=True, text=True, check=True).stdout
    assert json.loads(told)["reason"] == "signal"


def test_a_master_that_is_killed_leaves_no_process(start_gunicorn):
    server = start_gunicorn("-w", "2", "--timeout", "4")
    wait_for(running(server, 2), "the workers")
    children = server.children()
    assert len(children) == 3
    server.signal(signal.SIGKILL)
    server.process.wait(END_TIMEOUT)
    wait_for(lambda: not [pid for pid in children if lives(pid)], "the end of workers and exporter")

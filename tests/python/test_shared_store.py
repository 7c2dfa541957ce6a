"""Two servers share a store: the second logs a warning, unless it replaces the first."""

import os
import signal
import subprocess
from pathlib import Path

from conftest import EXECUTABLE
from live_gunicorn import wait_for

WARNING = "another Gunicorn master"


def check(environment: dict[str, str]) -> str:
    command = [str(EXECUTABLE), "check", environment["PROMETHEUS_MULTIPROC_DIR"]]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False).stdout


def test_the_second_server_in_a_store_names_the_first_and_the_remedy(start_gunicorn, environment):
    first = start_gunicorn()
    first.wait_until_served()
    assert "Gunicorn servers record in it" not in check(environment)
    second = start_gunicorn()
    second.wait_until_served()
    store = environment["PROMETHEUS_MULTIPROC_DIR"]
    assert second.log.count(WARNING) == 1
    assert (
        f"another Gunicorn master (pid {first.pid}) records in {store} too, so every sum includes both servers; "
        "set PROMETHEUS_MULTIPROC_DIR to a different directory for each server"
    ) in second.log
    assert WARNING not in first.log
    pids = ", ".join(map(str, sorted((first.pid, second.pid))))
    assert f"2 Gunicorn servers record in it (master pids {pids})" in check(environment)


def test_an_upgrade_is_no_second_server(start_gunicorn, environment):
    server = start_gunicorn()
    server.signal(signal.SIGUSR2)
    wait_for(server.second_masters, "a second master")
    (second,) = server.second_masters()
    try:
        wait_for(lambda: server.log.count("Booting worker") == 2, "the second master's worker")
        assert WARNING not in server.log
        assert "Gunicorn servers record in it" not in check(environment)
    finally:
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{second}").exists(), "the end of the second master")


def test_a_server_that_was_killed_is_no_other_though_nobody_has_reaped_it(start_gunicorn):
    first = start_gunicorn("--timeout", "2")
    workers = first.workers()
    os.kill(first.pid, signal.SIGKILL)
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "the end of the workers")
    assert Path(f"/proc/{first.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    second = start_gunicorn()
    second.wait_until_served()
    assert WARNING not in second.log


def test_a_daemon_is_no_other_than_itself(start_gunicorn, tmp_path, environment):
    first = start_gunicorn()
    first.end()
    log, pid_file = tmp_path / "daemon.log", tmp_path / "pid"
    command = [*first.process.args, "--daemon", "--error-logfile", str(log), "--pid", str(pid_file)]
    variables = {**environment, "PROMETHEUS_METRICS_PORT": str(first.metrics_port)}
    subprocess.run(command, env=variables, cwd=tmp_path / "gunicorn-0", check=True, timeout=60)
    wait_for(lambda: log.exists() and "Booting worker" in log.read_text(), "the daemon's worker")
    pid = int(pid_file.read_text())
    os.kill(pid, signal.SIGTERM)
    wait_for(lambda: not Path(f"/proc/{pid}").exists(), "the end of the daemon")
    assert WARNING not in log.read_text()

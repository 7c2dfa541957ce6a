"""Each way in which a worker can exit, with a real worker, and its reason."""

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gunicorn_prometheus_exporter.oom_kills import events_file
from live_gunicorn import END_TIMEOUT, HOOKS, LiveGunicorn, wait_for

EXITS = "gunicorn_worker_exits_total"
CODE = "import os, signal; "


def exits(server: LiveGunicorn) -> dict[str, float]:
    """Returns the exits so far, by reason, without zeroes."""
    return {reason: count for reason, count in server.metrics().by(EXITS, "reason").items() if count}


def recorded_exits(environment: dict[str, str]) -> list[dict[str, Any]]:
    """Returns the exits that the first master recorded for the exporter."""
    path = Path(environment["PROMETHEUS_MULTIPROC_DIR"]) / "master-1.exits"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def expect(environment: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Waits for the only exit, checks its reason in the counter and in the file, and returns the file's entry."""

    def check(server: LiveGunicorn, reason: str, pid: int) -> dict[str, Any]:
        wait_for(lambda: exits(server), f"an exit; the log is:\n{server.log}")
        wait_for(lambda: len(now := server.workers()) == 1 and now != [pid], "a new worker")
        assert exits(server) == {reason: 1}
        (exit_,) = recorded_exits(environment)
        assert (exit_["pid"], exit_["reason"]) == (pid, reason)
        return exit_

    return check


def test_a_request_that_hangs_is_a_timeout(start_gunicorn, expect):
    server = start_gunicorn("--timeout", "4")
    (pid,) = server.workers()
    # In newer versions of Gunicorn the aborted worker still responds, then exits normally.
    status = server.get("/hang")
    assert status in (0, 500)
    # On a busy machine the exit after SIGABRT takes so long that the master kills the worker.
    assert expect(server, "timeout", pid)["signal"] in (None, signal.SIGKILL)
    if status == 0:
        wait_for(lambda: server.scrape().by("gunicorn_worker_requests_lost_total", "reason")["timeout"] == 1, "the lost request")
        assert server.scrape().by("gunicorn_http_requests_total", "status_code") == {}
        wait_for(lambda: " cause=timeout method=GET route=/hang " in server.log, "the line of the lost request")
    else:
        assert server.scrape().by("gunicorn_http_requests_total", "status_code") == {"500": 1}


def test_a_worker_that_cannot_even_be_aborted_is_a_timeout(start_gunicorn, expect):
    server = start_gunicorn("--timeout", "4")
    (pid,) = server.workers()
    assert server.request("POST", "/exec", CODE + "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGABRT]); "
                          "import time; time.sleep(20)")[0] == 0
    assert expect(server, "timeout", pid)["signal"] == signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT])
def test_a_signal_that_kills_is_a_signal(start_gunicorn, expect, number):
    server = start_gunicorn()
    (pid,) = server.workers()
    code = CODE + f"signal.signal({int(number)}, signal.SIG_DFL); " if number != signal.SIGKILL else CODE
    assert server.request("POST", "/exec", code + f"os.kill(os.getpid(), {int(number)})")[0] == 0
    exit_ = expect(server, "signal", pid)
    assert (exit_["signal"], exit_["exit_code"]) == (number, None)


def test_an_exit_of_the_applications_own_is_an_exit_code(start_gunicorn, expect):
    server = start_gunicorn()
    (pid,) = server.workers()
    assert server.request("POST", "/exec", CODE + "os._exit(7)")[0] == 0
    exit_ = expect(server, "exit_code", pid)
    assert (exit_["signal"], exit_["exit_code"]) == (None, 7)


@pytest.mark.parametrize("code", ["import no_such_module", "raise SystemExit(9)"])
def test_an_application_that_cannot_be_loaded_is_a_boot_error(start_gunicorn, environment, tmp_path, code):
    application = tmp_path / "fickle.py"
    application.write_text("from app import app")
    server = start_gunicorn("--pythonpath", str(tmp_path), app="fickle:app")
    server.wait_until_served()
    # The first worker has loaded it.
    assert server.get("/") == 200
    application.write_text(code)
    os.kill(server.workers()[0], signal.SIGKILL)
    # Gunicorn stops if a module is missing, and keeps retrying if the application exits its worker.
    wait_for(lambda: len(recorded_exits(environment)) > 1, "a boot error")
    reasons = [exit_["reason"] for exit_ in recorded_exits(environment)]
    assert reasons[0] == "signal"
    assert set(reasons[1:]) == {"boot_error"}


def test_a_worker_that_has_served_enough_is_max_requests(start_gunicorn, expect):
    server = start_gunicorn("--max-requests", "3")
    (pid,) = server.workers()
    assert [server.get("/") for _ in range(3)] == [200] * 3
    assert expect(server, "max_requests", pid)["exit_code"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_worker_that_another_told_to_end_is_graceful_though_it_may_serve_a_limited_number(start_gunicorn, expect, number):
    server = start_gunicorn("--max-requests", "1000")
    (pid,) = server.workers()
    assert server.get("/") == 200
    os.kill(pid, number)
    expect(server, "graceful", pid)


def test_the_workers_before_a_reload_are_reload(start_gunicorn, environment):
    server = start_gunicorn("-w", "3")
    wait_for(lambda: len(server.workers()) == 3, "three workers")
    old = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: exits(server) == {"reload": 3}, f"three exits; the log is:\n{server.log}")
    assert sorted(exit_["pid"] for exit_ in recorded_exits(environment)) == old


def test_a_file_that_changed_is_reload(start_gunicorn, expect, tmp_path):
    (tmp_path / "changing.py").write_text("from app import app\n")
    server = start_gunicorn("--reload", "--reload-engine", "poll", "--pythonpath", str(tmp_path), app="changing:app")
    (pid,) = server.workers()
    assert server.get("/") == 200
    path = tmp_path / "changing.py"
    wait_for(lambda: os.utime(path, None) or exits(server), "the reload")
    expect(server, "reload", pid)


def test_a_worker_too_many_is_graceful(start_gunicorn):
    server = start_gunicorn("-w", "2")
    server.signal(signal.SIGTTOU)
    wait_for(lambda: exits(server) == {"graceful": 1}, "the end of a worker")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_the_last_workers_are_told_too(start_gunicorn, environment, number):
    server = start_gunicorn("-w", "3", "--max-requests", "1000")
    wait_for(lambda: server.metrics().by("gunicorn_worker_state", "state").get("running") == 3, "three workers")
    workers = server.workers()
    server.signal(number)
    assert server.process.wait(END_TIMEOUT) == 0
    assert sorted((exit_["pid"], exit_["reason"]) for exit_ in recorded_exits(environment)) == [(pid, "graceful") for pid in workers]


def test_a_worker_that_would_not_end_is_told_as_killed(start_gunicorn, environment, tmp_path):
    server = start_gunicorn("--graceful-timeout", "1")
    (pid,) = server.workers()
    begun = tmp_path / "begun"
    code = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(20)"
    hanging = threading.Thread(target=server.request, args=("POST", "/exec", code))
    hanging.start()
    wait_for(begun.exists, "a request in hand")
    server.signal(signal.SIGTERM)
    assert server.process.wait(END_TIMEOUT) == 0
    hanging.join()
    (exit_,) = recorded_exits(environment)
    assert (exit_["pid"], exit_["reason"], exit_["signal"]) == (pid, "signal", signal.SIGKILL)
    # The exporter accounts for the death before it exits, and leaves no file that the next run would count.
    assert f"Metrics exporter: request lost worker_id=worker_1 pid={pid} cause=signal" in server.log
    assert list(Path(environment["PROMETHEUS_MULTIPROC_DIR"]).glob("flight_*")) == []


def test_workers_that_die_together_are_each_counted_once(start_gunicorn):
    server = start_gunicorn("-w", "4")
    for rounds in (1, 2, 3):
        # Gunicorn itself misses, until its timeout, a worker that dies between its fork and its entry in WORKERS.
        wait_for(lambda: server.metrics().value("gunicorn_workers", state="live") == 4, "four workers")
        for pid in server.workers():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: sum(exits(server).values()) == 4 * rounds, f"exits; the log is:\n{server.log}")
    # A worker that dies while the master reaps another is counted, but the master may not have seen its status.
    assert exits(server).keys() <= {"signal", "unknown"}


def test_a_kill_that_the_cgroup_counts_as_its_own_is_oom(start_gunicorn, expect, tmp_path):
    events = tmp_path / "memory.events"
    events.write_text("low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n")
    server = start_gunicorn(conf=HOOKS + f"""
def when_ready(server):
    from gunicorn_prometheus_exporter import default_when_ready
    from gunicorn_prometheus_exporter.oom_kills import OomKills
    default_when_ready(server)
    server._exits.oom_kills = OomKills({str(events)!r})
""")
    (pid,) = server.workers()
    events.write_text("low 0\nhigh 0\nmax 15\noom 2\noom_kill 2\noom_group_kill 0\n")
    os.kill(pid, signal.SIGKILL)
    expect(server, "oom", pid)
    # The cgroup counts no OOM kill for the next one.
    (pid,) = server.workers()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: exits(server) == {"oom": 1, "signal": 1}, "the second exit")


@pytest.fixture
def memory_cgroup() -> Iterator[Path]:
    """The test's own memory cgroup, below the current one. Skips the test if it cannot be created."""
    events = events_file()
    folder = Path(events).parent / f"test-{os.getpid()}" if events else Path("/nonexistent/test")
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no memory cgroup can be made here: {error}")
    try:
        if not (folder / "memory.limit_in_bytes").exists() and not (folder / "memory.max").exists():
            pytest.skip(f"{folder.parent} does not hand its memory controller down")
        yield folder
    finally:
        # Its processes have exited, but the kernel may remove them later.
        wait_for(lambda: not (folder / "cgroup.procs").read_text(), "an empty cgroup")
        folder.rmdir()


def test_a_worker_that_needs_more_memory_than_there_is_is_oom(memory_cgroup, start_gunicorn, expect):
    server = start_gunicorn(conf=HOOKS + f"""
import os
with open({str(memory_cgroup / "cgroup.procs")!r}, "w") as procs:
    procs.write(str(os.getpid()))
""")
    server.wait_until_served()
    (pid,) = server.workers()
    limit = memory_cgroup / "memory.limit_in_bytes"
    (limit if limit.exists() else memory_cgroup / "memory.max").write_text(str(256 << 20))
    assert server.request("POST", "/exec", "kept = b'x' * (1 << 30)")[0] == 0
    assert expect(server, "oom", pid)["signal"] == signal.SIGKILL
    server.end()


def test_a_worker_that_dies_before_its_master_has_noted_it_is_counted_once(start_gunicorn):
    server = start_gunicorn("-w", "2", conf=HOOKS + """
import os, signal, time
import gunicorn_prometheus_exporter
class Slow(dict):
    left = 1
    def __setitem__(self, pid, worker):
        if Slow.left:
            Slow.left = 0
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.5)
        super().__setitem__(pid, worker)
def on_starting(server):
    gunicorn_prometheus_exporter.default_on_starting(server)
    server.WORKERS = Slow()
""")
    wait_for(lambda: sum(exits(server).values()) == 1, "the exit")
    # Before Gunicorn 24 the master may treat the worker as alive, in some versions forever. The other worker serves.
    assert server.get("/") == 200
    assert sum(exits(server).values()) == 1

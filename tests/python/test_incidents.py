"""What went wrong in a real server is listed once, in order, with its request and its Python stack, and survives restarts."""

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, LiveGunicorn, free_port, wait_for

CODE = "import os, signal, time; "


@pytest.fixture
def tell(environment):
    """Runs a command about incidents, by default of the store. Returns what it prints."""

    def run(command: str, *options: str) -> str:
        done = subprocess.run(
            [str(EXECUTABLE), command, *options], env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def incidents(tell):
    """Returns the incidents, the oldest first."""
    return lambda *options: [json.loads(line) for line in tell("incidents", "--format", "json", *options).splitlines()]


def deaths(incidents: Any) -> list[dict[str, Any]]:
    return [incident for incident in incidents() if incident["kind"] in ("death", "timeout")]


def logged(server: LiveGunicorn, what: str) -> str:
    """Waits for the only line of the exporter about something, and returns it."""
    wait_for(lambda: f"Metrics exporter: {what} " in server.log, f"the line {what}")
    (line,) = [line for line in server.log.splitlines() if f"Metrics exporter: {what} " in line]
    return line


def kill(server: LiveGunicorn, code: str, path: str = "/exec") -> None:
    assert server.request("POST", path, CODE + code)[0] == 0


def test_a_timeout_has_the_request_and_the_line_that_hangs(start_gunicorn, tell, incidents):
    server = start_gunicorn("--timeout", "4")
    server.wait_until_served()
    (pid,) = server.workers()
    # Since Gunicorn 22 the worker answers what it was aborted in.
    start = time.monotonic()
    status = server.get("/hang")
    wait_for(lambda: deaths(incidents), f"the timeout; the log is:\n{server.log}")
    (timeout,) = deaths(incidents)
    assert (timeout["kind"], timeout["cause"], timeout["pid"], timeout["worker_id"]) == ("timeout", "timeout", pid, "worker_1")
    assert (timeout["method"], timeout["route"]) == ("GET", "/hang")
    assert 3.5 < timeout["age_seconds"] < time.monotonic() - start
    (frame,) = [frame for frame in timeout["stack"] if frame["file"].endswith("/app.py")]
    assert "time.sleep(PATIENCE)" in Path(frame["file"]).read_text().splitlines()[frame["line"] - 1]
    what = "worker died" if status else "request lost"
    line = logged(server, what)
    assert f" cause=timeout method=GET route=/hang age_seconds={timeout['age_seconds']} " in line
    assert f'stack="{frame["file"]}:{frame["line"]} app' in line
    assert f"    {frame['file']}:{frame['line']} app\n" in tell("deaths")
    row = tell("incidents", "--kind", "timeout").splitlines()[1]
    assert "  timeout  worker_1  timeout" in row and row.endswith(f"GET /hang  {frame['file']}:{frame['line']} app")


@pytest.mark.parametrize("code, cause, number", [
    ("os.kill(os.getpid(), signal.SIGKILL)", "signal", "SIGKILL"),
    ("import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV"),
    ("signal.signal(40, signal.SIG_DFL); os.kill(os.getpid(), 40)", "signal", "SIGRTMIN+6"),
    ("os._exit(7)", "exit_code", None),
])
def test_a_request_that_a_death_cut_off_is_named_with_the_signal(start_gunicorn, incidents, code, cause, number):
    server = start_gunicorn()
    server.wait_until_served()
    kill(server, code)
    wait_for(lambda: deaths(incidents), "the death")
    (death,) = deaths(incidents)
    assert (death["cause"], death.get("signal"), death["method"], death["route"]) == (cause, number, "POST", "/exec")
    end = f" signal={number}" if number else f" cause={cause} "
    assert end in logged(server, "request lost")


def test_a_worker_that_is_killed_idle_is_one_incident_and_one_that_is_stopped_is_none(start_gunicorn, incidents):
    server = start_gunicorn("-w", "2")
    wait_for(lambda: server.metrics().value("gunicorn_workers", state="live") == 2, "two workers")
    first, second = server.workers()
    os.kill(second, signal.SIGTERM)
    wait_for(lambda: second not in (now := server.workers()) and len(now) == 2, "its successor")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: deaths(incidents), "the death")
    assert [(death["pid"], death["signal"]) for death in deaths(incidents)] == [(first, "SIGKILL")]
    assert "worker_id" in deaths(incidents)[0]
    assert f" pid={first} cause=signal memory_bytes=" in logged(server, "worker died")


def test_an_out_of_memory_kill_is_named_as_one(start_gunicorn, incidents, tmp_path):
    events = tmp_path / "memory.events"
    events.write_text("oom_kill 1\n")
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER + f"""
def when_ready(server):
    from gunicorn_prometheus_exporter import default_when_ready
    from gunicorn_prometheus_exporter.oom_kills import OomKills
    default_when_ready(server)
    server._exits.oom_kills = OomKills({str(events)!r})
""")
    server.wait_until_served()
    events.write_text("oom_kill 2\n")
    kill(server, "os.kill(os.getpid(), signal.SIGKILL)")
    wait_for(lambda: deaths(incidents), "the death")
    assert [(death["cause"], death["signal"], death["route"]) for death in deaths(incidents)] == [("oom", "SIGKILL", "/exec")]


def test_each_is_listed_once_and_in_order_whoever_is_killed_in_between(start_gunicorn, incidents):
    server = start_gunicorn("-w", "2")
    server.wait_until_served()
    for rounds in range(1, 4):
        kill(server, f"os._exit({rounds + 10})")
        for pid in server.exporters():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(deaths(incidents)) == rounds, f"{rounds} deaths; the log is:\n{server.log}")
        server.wait_until_served()
    server.process.kill()
    server.process.wait()
    # Its workers see that it is gone, and exit without a request.
    again = start_gunicorn("-w", "1")
    again.wait_until_served()
    kill(again, "os._exit(14)")

    def exits() -> list[dict[str, Any]]:
        return [death for death in deaths(incidents) if death.get("route") == "/exec"]

    wait_for(lambda: len(exits()) >= 4, "the last death")
    times = [death["time"] for death in exits()]
    assert len(times) == len(set(times)) == 4
    assert times == sorted(times)


def test_an_orderly_restart_keeps_what_happened_before(start_gunicorn, incidents):
    server = start_gunicorn()
    server.wait_until_served()
    kill(server, "os._exit(1)")
    wait_for(lambda: deaths(incidents), "the death")
    before = deaths(incidents)
    assert server.end() == 0
    again = start_gunicorn()
    again.wait_until_served()
    assert deaths(incidents) == before


def test_reloads_are_listed_with_who_reloaded(start_gunicorn, incidents):
    server = start_gunicorn()
    server.wait_until_served()

    def reloads() -> list[str]:
        return [incident["cause"] for incident in incidents("--kind", "reload")]

    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGHUP)
    wait_for(lambda: reloads() == ["exporter"], "the exporter's own reload")
    (worker,) = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: "gunicorn" in reloads(), "the reload of Gunicorn")
    wait_for(lambda: (now := server.workers()) != [worker] and len(now) == 1, "the new worker")
    assert reloads() == ["exporter", "gunicorn"]
    assert deaths(incidents) == []


def test_what_a_hostile_worker_writes_is_shown_without_control_characters(start_gunicorn, tell, environment):
    server = start_gunicorn()
    server.wait_until_served()
    store = Path(environment["PROMETHEUS_MULTIPROC_DIR"])
    escape = "\x1b]0;owned\x07\x1b[2J\u202e<script>alert(1)</script>"
    hostile = {
        "time": 1, "kind": "death", "worker_id": escape, "cause": escape, "signal": escape, "method": escape, "route": escape,
        "trace_id": escape, "age_seconds": -1e308, "stack": [{"file": escape + "x" * 10_000, "line": -1, "function": escape}]}
    (store / "incidents.jsonl").write_text(json.dumps(hostile) + "\nnot json\n")
    for text in (tell("incidents"), tell("deaths"), tell("incidents", f"127.0.0.1:{server.metrics_port}")):
        assert "owned" in text and not {"\x1b", "\x07", "\u202e"} & set(text)
        assert max(map(len, text.splitlines())) < 2000
    assert "<script>alert" not in page(server)
    kill(server, "os._exit(1)")
    wait_for(lambda: "/exec" in tell("incidents"), "the next incident")


def page(server: LiveGunicorn, path: str = "/") -> str:
    status, text = server._request(server.metrics_port, "GET", path)
    assert status == 200
    return text


def test_the_page_the_exporter_and_the_filters_show_the_same(start_gunicorn, tell, incidents):
    server = start_gunicorn()
    server.wait_until_served()
    kill(server, "os._exit(1)")
    wait_for(lambda: deaths(incidents), "the death")
    target = f"127.0.0.1:{server.metrics_port}"
    (death,) = deaths(incidents)
    wait_for(lambda: json.loads(page(server, "/incidents.json")) == [death], "the list of the exporter")
    wait_for(lambda: 'id="incidents"' in (text := page(server)) and "POST /exec" in text, "the list of the page")
    assert incidents(target) == [death]
    assert incidents(target, "--worker", "worker_1", "--route", "/ex*", "--since", "1h", "--kind", "death", "--limit", "1") == [death]
    for nothing in (["--worker", "worker_2"], ["--route", "/"], ["--kind", "slow"]):
        assert incidents(*nothing) == []
        assert tell("incidents", *nothing) == "no incidents\n"


def test_a_hub_lists_those_of_its_hosts(start_gunicorn, start_redis, environment, tell, incidents):
    redis = start_redis()
    variables = {"REDIS_URL": f"redis://127.0.0.1:{redis.port}", "GUNICORN_EXPORTER_INSTANCE": "web-1", "REDIS_FORWARD_INTERVAL": "1"}
    server = start_gunicorn(variables={**variables, "REDIS_ENABLED": "true"})
    server.wait_until_served()
    kill(server, "os._exit(1)")
    wait_for(lambda: deaths(incidents), "the death")
    (death,) = deaths(incidents)
    port = free_port()
    hub = subprocess.Popen(
        [str(EXECUTABLE), "hub", "--web.listen-address", f"127.0.0.1:{port}"],
        env={**environment, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        found: list[Any] = []

        def is_there() -> bool:
            with contextlib.suppress(AssertionError):
                found[:] = incidents(f"127.0.0.1:{port}")
            return bool(found)

        wait_for(is_there, "the hub's incidents")
        assert found == [{**death, "instance": "web-1"}]
        assert "  web-1 worker_1  " in tell("incidents", f"127.0.0.1:{port}")
    finally:
        hub.kill()
        hub.communicate()

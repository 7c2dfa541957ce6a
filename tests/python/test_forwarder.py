"""Forwarders under a real Gunicorn, with a real Redis."""

import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from live_gunicorn import END_TIMEOUT, HOOKS, PROMETHEUS_WORKER, wait_for

SNAPSHOT = f"gunicorn:metrics:{socket.gethostname()}"

STATUS = """
import json
from gunicorn_prometheus_exporter.forwarder import get_forwarder_manager
print(json.dumps(get_forwarder_manager().get_status()))
"""

#: A configuration with a when_ready hook that uses the manager.
HOOK_IN_MASTER = PROMETHEUS_WORKER + """
from gunicorn_prometheus_exporter import (
    default_on_exit as on_exit, default_on_starting as on_starting, default_when_ready, default_worker_int as worker_int)
from gunicorn_prometheus_exporter.forwarder import RedisForwarder, get_forwarder_manager

def when_ready(server):
    default_when_ready(server)
    manager = get_forwarder_manager()
    manager.add_forwarder("mine", RedisForwarder(port=%d, forward_interval=1))
    manager.start_forwarder("mine")
"""

OWN_FORWARDER = """
import os, sys, time
from gunicorn_prometheus_exporter.forwarder import BaseForwarder, get_forwarder_manager

class Lines(BaseForwarder):
    def _forward_metrics(self, metrics):
        if len(seen) == 1:
            seen.append("")
            raise ValueError("not this time")
        seen.append(metrics)

seen = []
manager = get_forwarder_manager()
manager.add_forwarder("lines", Lines(forward_interval=0.05))
manager.start_forwarder("lines")
deadline = time.monotonic() + 30
# The status has a snapshot before the next one begins.
while len(seen) < 5 and time.monotonic() < deadline:
    time.sleep(0.01)
"""


def outages(log: str) -> "list[list[str]]":
    """Returns why forwarding failed, as the log has it, for each time until it worked again."""
    return [re.findall("forwarding to redis failed, retrying: (.*)", part) for part in log.split("forwarding to redis works again")]


def sent(redis) -> bool:
    return redis.cli("exists", SNAPSHOT) == "1"


@pytest.fixture
def status(run_python):
    """Reads the status from a separate process, as a shell would."""
    return lambda: json.loads(run_python(STATUS).stdout)


def test_a_hook_in_the_master_adds_a_forwarder_and_a_shell_stops_it(start_gunicorn, start_redis, status, run_python):
    redis = start_redis()
    server = start_gunicorn(conf=HOOK_IN_MASTER % redis.port)
    wait_for(lambda: sent(redis), "the snapshot in Redis")

    assert status()["mine"]["state"] == "running"
    done = run_python(STATUS.replace("print", "get_forwarder_manager().stop_forwarder('mine'); print"))
    assert json.loads(done.stdout)["mine"]["state"] == "stopped"
    scraped = server.scrape()
    assert scraped.value("gunicorn_exporter_forwarder_up", forwarder="mine") == 0
    assert scraped.value("gunicorn_exporter_forwarder_snapshots_total", forwarder="mine", outcome="sent") > 0
    checked = subprocess.run(["promtool", "check", "metrics"], input=scraped.text, capture_output=True, text=True, check=False)
    assert "forwarder" not in checked.stdout + checked.stderr


def test_a_worker_adds_a_forwarder_and_its_end_does_not_end_it(start_gunicorn, start_redis, status):
    redis = start_redis()
    server = start_gunicorn()
    server.wait_until_served()
    code = f"""
from gunicorn_prometheus_exporter.forwarder import ForwarderManager, RedisForwarder
manager = ForwarderManager()
manager.add_forwarder("mine", RedisForwarder(url="redis://127.0.0.1:{redis.port}", forward_interval=1))
manager.start_all()
"""
    assert server.request("POST", "/exec", code)[0] == 200
    (worker,) = server.workers()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: server.workers() not in ([], [worker]), "another worker")
    before = status()["mine"]["snapshots_sent"]
    wait_for(lambda: status()["mine"]["snapshots_sent"] > before, "another snapshot")


def test_redis_that_is_away_slow_and_back_slows_and_fails_no_request_and_no_scrape(start_gunicorn, start_redis, status):
    redis = start_redis()
    variables = {"REDIS_PORT": str(redis.port), "REDIS_FORWARD_INTERVAL": "1"}
    redis.kill()
    server = start_gunicorn(
        conf=HOOKS.replace("default_when_ready", "redis_when_ready") + PROMETHEUS_WORKER, variables=variables)
    server.wait_until_served()
    for step in (lambda: None, redis.start, lambda: redis.signal(signal.SIGSTOP)):
        step()
        wanted = "running" if step == redis.start else "failing"
        wait_for(lambda: status()["redis"]["state"] == wanted, wanted)
        assert all(server.get("/") == 200 for _ in range(20))
        # On a busy machine a snapshot may fail in between.
        is_up = wanted == "running"
        wait_for(lambda: server.metrics().value("gunicorn_exporter_forwarder_up", forwarder="redis") == is_up, wanted)  # noqa: B023
    redis.signal(signal.SIGCONT)
    wait_for(lambda: status()["redis"]["state"] == "running", "recovery")
    wait_for(lambda: server.log.count("forwarding to redis works again") >= 2, "the second recovery in the log")
    # Each outage has one line for each of its reasons. A busy machine may have an outage of its own.
    first, second, *_ = outages(server.log)
    assert first and second
    assert all(len(reasons) == len(set(reasons)) for reasons in outages(server.log))


def test_an_exporter_that_is_killed_forwards_again_when_it_is_back(start_gunicorn, start_redis):
    redis = start_redis()
    server = start_gunicorn(
        variables={"REDIS_ENABLED": "true", "REDIS_PORT": str(redis.port), "REDIS_FORWARD_INTERVAL": "1"})
    wait_for(lambda: sent(redis), "the snapshot in Redis")
    (exporter,) = server.exporters()
    os.kill(exporter, signal.SIGKILL)
    wait_for(lambda: server.exporters() not in ([], [exporter]), "another exporter")
    redis.cli("flushall")
    wait_for(lambda: sent(redis), "the snapshot of the next exporter")


def test_an_upgrade_hands_forwarding_over(start_gunicorn, start_redis, status):
    redis = start_redis()
    server = start_gunicorn(
        variables={"REDIS_ENABLED": "true", "REDIS_PORT": str(redis.port), "REDIS_FORWARD_INTERVAL": "1"})
    wait_for(lambda: sent(redis), "the snapshot in Redis")
    server.signal(signal.SIGUSR2)
    wait_for(server.second_masters, "a second master")
    (second,) = server.second_masters()
    try:
        wait_for(lambda: "is in use by another process" in server.log, "the second exporter")
        assert server.log.count("forwarding to redis every") == 1
        server.signal(signal.SIGQUIT)
        server.process.wait(END_TIMEOUT)
        wait_for(lambda: server.log.count("forwarding to redis every") == 2, "the second exporter's turn")
        wait_for(lambda: status().get("redis", {}).get("snapshots_sent", 0) > 1, "its snapshots")
        # Only on a busy machine does Redis take too long to answer.
        assert [reason for outage in outages(server.log) for reason in outage if "within" not in reason] == []
    finally:
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{second}").exists(), "the end of the second master")


def test_redis_enabled_says_no_to_the_hook_too(start_gunicorn, start_redis, status):
    start_gunicorn(
        conf=HOOKS.replace("default_when_ready", "redis_when_ready") + PROMETHEUS_WORKER, variables={"REDIS_ENABLED": "false"})
    assert status() == {}


def test_an_own_forwarder_runs_where_it_was_added(start_gunicorn, run_python, status):
    server = start_gunicorn()
    assert server.get("/") == 200
    server.metrics(requests=1)
    done = run_python(OWN_FORWARDER + "print(seen[-1])" + STATUS)
    *metrics, report = done.stdout.splitlines()
    assert any(line.startswith("gunicorn_worker_requests_total") for line in metrics)
    own = json.loads(report)["lines"]
    assert (own["state"], own["snapshots_failed"], own["last_error"]) == ("running", 1, "ValueError: not this time")
    assert own["snapshots_sent"] >= 3
    assert "Forwarding by lines failed, retrying: ValueError: not this time" in done.stderr
    # No other process has this forwarder.
    assert "lines" not in status()


def test_an_own_forwarder_does_not_run_in_a_forked_child_until_it_is_started_there(start_gunicorn, run_python):
    start_gunicorn()
    done = run_python(OWN_FORWARDER + """
if os.fork() == 0:
    states = [manager.get_status()["lines"]["state"]]
    manager.start_forwarder("lines")
    states.append(manager.get_status()["lines"]["state"])
    print(*states, flush=True)
    os._exit(0)
os.wait()
manager.stop_forwarder("lines")
print(manager.get_status()["lines"]["state"])
""")
    assert done.stdout.split() == ["stopped", "running", "stopped"]


def test_where_no_exporter_runs_an_error_says_so(run_python, environment):
    os.mkdir(environment["PROMETHEUS_MULTIPROC_DIR"], 0o700)
    done = run_python(STATUS.replace("get_status()", "start_all()"))
    assert f"NoExporterError: no exporter answers at {environment['PROMETHEUS_MULTIPROC_DIR']}/control.sock" in done.stderr


@pytest.mark.parametrize(("settings", "error"), [
    ("port=0", 'ConfigurationError: REDIS_PORT is "0"; set it to a whole number from 1 to 65535'),
    ("forward_interval=0", 'ConfigurationError: REDIS_FORWARD_INTERVAL is "0"; set it to a whole number of at least 1'),
    ("db=-1", 'ConfigurationError: REDIS_DB is "-1"; set it to'),
    ("hots='x'", "TypeError"),
])
def test_settings_that_cannot_be_used_are_refused_with_one_sentence(settings, error, start_gunicorn, run_python, environment):
    start_gunicorn()
    # Without an exporter the settings would be kept for the next one.
    wait_for(Path(environment["PROMETHEUS_MULTIPROC_DIR"], "control.sock").exists, "the exporter's turn")
    done = run_python(f"""
from gunicorn_prometheus_exporter.forwarder import RedisForwarder, get_forwarder_manager
get_forwarder_manager().add_forwarder("redis", RedisForwarder({settings}))
""")
    assert error in done.stderr.splitlines()[-1]


def test_a_forwarder_that_nobody_added_cannot_be_started(start_gunicorn, run_python):
    start_gunicorn().wait_until_served()
    done = run_python(STATUS.replace("print", "get_forwarder_manager().start_forwarder('x'); print"))
    assert done.stderr.splitlines()[-1].endswith('MetricsError: no forwarder "x"; no forwarders exist')


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can plant another user's socket")
def test_a_socket_that_another_user_planted_is_not_used(run_python, environment):
    store = environment["PROMETHEUS_MULTIPROC_DIR"]
    os.mkdir(store, 0o700)
    with socket.socket(socket.AF_UNIX) as planted:
        planted.bind(f"{store}/control.sock")
        os.chown(f"{store}/control.sock", 65534, 65534)
        planted.listen()
        done = run_python(STATUS)
    assert "it is not a socket of the store's user, but of user 65534" in done.stderr


def test_forwarder_objects_work_where_no_exporter_answers(run_python):
    done = run_python("""
import json, os
from gunicorn_prometheus_exporter.errors import MetricsError
from gunicorn_prometheus_exporter.forwarder import create_redis_forwarder, get_forwarder_manager
from gunicorn_prometheus_exporter.forwarder.manager import ForwarderManager
manager = ForwarderManager()
assert manager.get_status() == {}
manager.stop_all()
manager.add_forwarder("redis", create_redis_forwarder())
manager.stop_forwarder("redis")
print(json.dumps(manager.get_status()))
for start in (lambda: manager.start_forwarder("redis"), manager.start_all):
    try:
        start()
    except MetricsError as error:
        print(error)
print(json.dumps(manager.get_status()))
manager.stop_all()
assert get_forwarder_manager().get_status() == {}
try:
    get_forwarder_manager().stop_forwarder("other")
except MetricsError as error:
    print(error)
""")
    assert (done.returncode, done.stderr) == (0, "")
    added, first, second, failed, other = done.stdout.splitlines()
    assert first == second == other
    assert first.startswith("no exporter answers at ") and "start Gunicorn with the exporter's hooks" in first
    assert json.loads(added)["redis"]["state"] == json.loads(failed)["redis"]["state"] == "stopped"
    assert json.loads(added)["redis"]["last_error"] == json.loads(failed)["redis"]["last_error"] == first


def test_a_forwarder_that_was_added_before_the_exporter_runs_in_it(start_gunicorn, start_redis, run_python):
    redis = start_redis()
    # In on_starting there is no exporter yet.
    conf = HOOKS.replace("on_starting", "unused", 1).replace('"gunicorn_prometheus_exporter.default_when_ready"', "ready") + f"""
from gunicorn_prometheus_exporter import default_on_starting, default_when_ready
from gunicorn_prometheus_exporter.forwarder import RedisForwarder, get_forwarder_manager
def on_starting(server):
    default_on_starting(server)
    get_forwarder_manager().add_forwarder("mine", RedisForwarder(port={redis.port}, forward_interval=1))
def when_ready(server):
    default_when_ready(server)
    get_forwarder_manager().start_forwarder("mine")
""" + PROMETHEUS_WORKER
    conf = conf.replace("when_ready = ready\n", "").replace('unused = "gunicorn_prometheus_exporter.default_on_starting"\n', "")
    start_gunicorn(conf=conf)
    wait_for(lambda: sent(redis), "the snapshot in Redis")
    done = run_python(STATUS)
    assert json.loads(done.stdout)["mine"]["state"] == "running"


def test_settings_that_the_exporter_rejects_are_not_kept(start_gunicorn, run_python):
    server = start_gunicorn()
    server.wait_until_served()
    done = run_python("""
from gunicorn_prometheus_exporter.config import ConfigurationError
from gunicorn_prometheus_exporter.forwarder import ForwarderManager, RedisForwarder
manager = ForwarderManager()
for _ in range(50):
    try:
        manager.add_forwarder("mine", RedisForwarder(port=0))
    except ConfigurationError as error:
        print(error)
        break
    import time
    time.sleep(0.1)
print("mine" in manager.get_status())
""")
    assert "REDIS_PORT" in done.stdout.splitlines()[0], done.stderr
    assert done.stdout.splitlines()[1] == "False"

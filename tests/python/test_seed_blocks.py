"""Every Python block of the API reference runs in its intended place."""

import contextlib
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from blocks import BLOCKS, Block, blocks
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

HERE = Path(__file__).parent

PLAIN_PRELUDE = """
import logging, os, sys
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
class Application(BaseApplication):
    def load_config(self): pass
    def load(self): return lambda environ, start_response: []
logger = logging.getLogger()
age, ppid, sockets, timeout = 1, os.getpid(), [], 30
app = Application()
cfg, log = app.cfg, Logger(app.cfg)
"""

IMPORTS = "".join(block.code for block in BLOCKS if block.code.startswith("from ") and "try:" not in block.code)

#: The samples that each block of the metrics section leaves in the store.
RECORDED = {
    "WorkerRequests": ("gunicorn_worker_requests_total", {}, 1),
    "WorkerRequestDuration": ("gunicorn_worker_request_duration_seconds_sum", {}, 0.5),
    "WorkerFailedRequests": ("gunicorn_worker_failed_requests_total", {"status_code": "404"}, 1),
    "WorkerErrorHandling": ("gunicorn_worker_error_handling_total", {"error_type": "ValueError"}, 1),
    "WorkerState": ("gunicorn_worker_state_change_timestamp_seconds", {}, 1640995200.123),
    "MasterWorkerRestarts": ("gunicorn_master_worker_restarts_total", {}, 1),
}


def title(block: Block) -> str:
    return block.title


def test_the_reference_has_sixty_one_blocks_and_each_is_run_somewhere():
    assert len(BLOCKS) == 61
    assert {block.where for block in BLOCKS} == {"plain", "worker", "master", "request", "conf", "forwarder"}


@pytest.mark.parametrize("block", blocks("plain"), ids=title)
def test_a_block_runs_in_a_plain_interpreter(block, run_python):
    example_directory = Path("/tmp/prometheus_multiproc")
    was_there = example_directory.exists()
    done = run_python(PLAIN_PRELUDE + IMPORTS + block.code)
    if not was_there:
        with contextlib.suppress(FileNotFoundError):
            example_directory.rmdir()
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize("block", blocks("worker"), ids=title)
def test_a_block_runs_in_a_live_worker(block, start_gunicorn, tmp_path):
    server, outcome = run_block(block, "worker", start_gunicorn, tmp_path)
    assert outcome == ("exit" if "quit" in block.title or "abort" in block.title else "done")
    assert server.get("/") == 200
    if "handle_request" in block.title:
        assert server.metrics(requests=2).value("gunicorn_http_requests_total", endpoint="/of-a-block", status_code="200") == 1
    if "handle_error" in block.title:
        assert server.metrics().value("gunicorn_worker_error_handling_total", error_type="ValueError") == 1


@pytest.mark.parametrize("block", blocks("master"), ids=title)
def test_a_block_runs_in_a_live_master(block, start_gunicorn, tmp_path):
    server, outcome = run_block(block, "master", start_gunicorn, tmp_path)
    assert outcome == "done"
    assert server.get("/") == 200
    if "usr2" in block.title:
        wait_for(server.second_masters, "a second master")
        (second,) = server.second_masters()
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: not server.second_masters(), "the end of the second master")


def run_block(block, place, start_gunicorn, tmp_path):
    source, result = tmp_path / "block.py", tmp_path / "result"
    source.write_text(block.code)
    variables = {"BLOCK_FILE": str(source), "BLOCK_RESULT": str(result), "BLOCK_PLACE": place}
    server = start_gunicorn(
        config_option="python:block_conf", variables=variables, app="app:app")
    if place == "master":
        server.signal(signal.SIGTTIN)
    wait_for(lambda: result.exists() and result.read_text(), f"the result of {block.code}")
    return server, result.read_text()


@pytest.mark.parametrize("block", blocks("request"), ids=title)
def test_a_block_runs_in_a_request_and_in_a_plain_interpreter(block, start_gunicorn, run_python):
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_PER_WORKER": "true"})
    before = server.metrics()
    start = time.monotonic()
    status, text = server.request("POST", "/exec", IMPORTS + block.code)
    took = time.monotonic() - start
    assert status == 200, text
    done = run_python(IMPORTS + block.code)
    assert (done.returncode, done.stderr) == (0, "")
    name, labels, amount = RECORDED.get(block.title.split(" / ")[-1], (None, {}, 0))
    after = server.metrics(requests=3 if name == "gunicorn_worker_requests_total" else 1)
    if name is None:
        return
    if name.endswith("timestamp_seconds"):
        assert any(value == amount for sample, _, value in after.samples if sample == name)
        return
    grown = sum(value for sample, its, value in after.samples if sample == name and labels.items() <= its.items())
    grown -= sum(value for sample, its, value in before.samples if sample == name and labels.items() <= its.items())
    # The block runs in a request and in an interpreter. The request itself is counted too.
    own = 1 if name == "gunicorn_worker_requests_total" else 0
    assert 2 * amount + own <= grown <= 2 * amount + own + (took if name.endswith("_sum") else 0)


@pytest.mark.parametrize("block", blocks("conf"), ids=title)
def test_a_block_runs_as_a_gunicorn_configuration(block, start_gunicorn):
    server = start_gunicorn(conf=HOOKS + PROMETHEUS_WORKER + block.code)
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") == 1
    if "redis" in block.title:
        # The exporter listens first.
        wait_for(lambda: "forwarding to redis" in server.log, "the forwarder")
    assert ("forwarding to redis" in server.log) == ("redis" in block.title)
    assert server.end() == 0


@pytest.mark.parametrize("block", blocks("forwarder"), ids=title)
def test_a_block_of_the_forwarder_runs_against_a_live_redis(block, start_gunicorn, start_redis, run_python):
    redis = start_redis()
    server = start_gunicorn()
    server.wait_until_served()
    names = IMPORTS + "redis_forwarder = create_redis_forwarder()\n"
    if "add_forwarder" not in block.code:
        names += 'manager = get_forwarder_manager()\nmanager.add_forwarder("redis", redis_forwarder)\n'
    if "stop" in block.code:
        names += 'manager.start_forwarder("redis")\n'
    report = "import json; print(json.dumps(get_forwarder_manager().get_status()))"
    done = run_python(names + block.code + report, REDIS_PORT=str(redis.port), REDIS_FORWARD_INTERVAL="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["redis"]["state"] == ("running" if "start" in block.code else "stopped")
    if "start" in block.code or "stop" in block.code:
        wait_for(lambda: redis.cli("exists", f"gunicorn:metrics:{socket.gethostname()}") == "1", "the snapshot in Redis")
    assert server.get("/") == 200

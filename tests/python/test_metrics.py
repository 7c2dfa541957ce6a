"""The metric classes: what they record, and what they refuse."""

import pytest

PRELUDE = "from gunicorn_prometheus_exporter.metrics import *\n"


@pytest.mark.parametrize(("call", "family", "told"), [
    ("WorkerRequests().inc()", "gunicorn_worker_requests_total", "worker_id"),
    ("WorkerRequests().inc(worker='x')", "gunicorn_worker_requests_total", "worker_id"),
    ("WorkerRequests().inc(worker_id='x', pid='1')", "gunicorn_worker_requests_total", "pid"),
    ("WorkerRequests().inc(worker_id=1.5)", "gunicorn_worker_requests_total", "float"),
    ("WorkerRequests().inc(-1, worker_id='x')", "gunicorn_worker_requests_total", "-1"),
    ("WorkerRequests().inc('1', worker_id='x')", "gunicorn_worker_requests_total", "str"),
    ("WorkerRequests().inc(float('nan'), worker_id='x')", "gunicorn_worker_requests_total", "NaN"),
    ("WorkerRequestDuration().observe(None, worker_id='x')", "gunicorn_worker_request_duration_seconds", "NoneType"),
    ("WorkerMemory().set([], worker_id='x')", "gunicorn_worker_memory_bytes", "list"),
    ("WorkerCPU().set(1)", "gunicorn_worker_cpu_percent", "worker_id"),
    ("WorkerUptime().set(1, worker='x')", "gunicorn_worker_uptime_seconds", "worker_id"),
    ("WorkerFailedRequests().inc(worker_id='x')", "gunicorn_worker_failed_requests_total", "status_code"),
    ("WorkerErrorHandling().inc(worker_id='x')", "gunicorn_worker_error_handling_total", "error_type"),
    ("WorkerState().set(1, worker_id='x', state='flying', timestamp='1')", "gunicorn_worker_state", "flying"),
    ("WorkerState().set(1, worker_id='x', state='running', timestamp='now')", "gunicorn_worker_state", "now"),
    ("MasterWorkerRestarts().inc(-1)", "gunicorn_master_worker_restarts_total", "-1"),
    ("MasterWorkerRestarts().inc(worker_id='x')", "gunicorn_master_worker_restarts_total", "worker_id"),
])
def test_a_wrong_call_raises_an_error_that_names_family_and_fault(run_python, call, family, told):
    done = run_python(PRELUDE + f"try:\n    {call}\nexcept MetricsError as error:\n    print(error)")
    assert family in done.stdout, done.stderr
    assert told in done.stdout


def test_what_a_script_records_is_in_the_store(run_python, dump):
    done = run_python(PRELUDE + """
WorkerRequests().inc(3, worker_id="worker_7")
WorkerRequestDuration().observe(0.5, worker_id="worker_7")
""")
    assert done.returncode == 0, done.stderr
    metrics = dump()
    assert metrics.value("gunicorn_worker_requests_total", worker_id="worker_7") == 3
    assert metrics.value("gunicorn_worker_request_duration_seconds_sum", worker_id="worker_7") == 0.5


def test_the_shared_registry_yields_the_stores_families_and_the_applications(run_python):
    done = run_python(PRELUDE + """
from prometheus_client import Counter, generate_latest
registry = get_shared_registry()
assert registry is get_shared_registry()
WorkerRequests().inc(4, worker_id="worker_1")
Counter("own", "The application's own", registry=registry).inc()
print(generate_latest(registry).decode())
""")
    assert done.returncode == 0, done.stderr
    assert 'gunicorn_worker_requests_total{worker_id="worker_1"} 4.0' in done.stdout
    assert "own_total 1.0" in done.stdout


def test_the_shared_registry_says_what_to_install(run_python):
    done = run_python("""
import sys
sys.modules["prometheus_client"] = None
from gunicorn_prometheus_exporter.metrics import MetricsError, get_shared_registry
try:
    get_shared_registry()
except MetricsError as error:
    print(error)
""")
    assert "install prometheus-client" in done.stdout


@pytest.mark.parametrize("how", ["multiprocessing.get_context('fork').Process(target=record)", "Forked(record)"])
def test_a_forked_child_neither_crashes_nor_counts(run_python, dump, how):
    done = run_python(PRELUDE + f"""
import gc, multiprocessing, os
class Forked:
    def __init__(self, target): self.target = target
    def start(self):
        self.pid = os.fork()
        if self.pid == 0:
            self.target()
            os._exit(0)
    def join(self): self.exitcode = os.waitpid(self.pid, 0)[1]
def record():
    for _ in range(1000):
        WorkerRequests().inc(worker_id="worker_1")
    gc.collect()
WorkerRequests().inc(worker_id="worker_1")
child = {how}
child.start(); child.join()
assert child.exitcode == 0, child.exitcode
WorkerRequests().inc(worker_id="worker_1")
""")
    assert done.returncode == 0, done.stderr
    assert dump().value("gunicorn_worker_requests_total", worker_id="worker_1") == 2

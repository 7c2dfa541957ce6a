"""The metric classes: what they record and what they reject."""

import functools

import pytest

PRELUDE = "from gunicorn_prometheus_exporter.metrics import *\n"

#: What this process has recorded, gauges too, which a reader leaves out once the process is gone.
RECORDED = """
def recorded():
    from prometheus_client import generate_latest
    return generate_latest(get_shared_registry()).decode()
"""


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


#: Calls of each type, with labels of every kind that is allowed.
EVERY_TYPE = [
    'WorkerRequests().inc(worker_id="worker_7")',
    'WorkerRequests().inc(2.5, worker_id="w\u00f6rker \U0001f984")',
    "WorkerRequests().inc(amount=2, worker_id=7)",
    'WorkerFailedRequests().inc(worker_id="worker_7", method="GET", endpoint="/api/users", status_code=404)',
    'WorkerMemory().set(52428800, worker_id="worker_7")',
    'WorkerRequestDuration().observe(0.5, worker_id="worker_7")',
    "WorkerRequestDuration().observe(value=7, worker_id=-7)",
]


@pytest.mark.parametrize("call", EVERY_TYPE)
def test_recording_again_allocates_nothing(run_python, call):
    done = run_python(PRELUDE + f"""
{call}
{call}
from gunicorn_prometheus_exporter import _engine
def allocated(calls):
    before = _engine.statistics()["allocated_bytes"]
    for _ in range(calls):
        {call}
    return _engine.statistics()["allocated_bytes"] - before
allocated(0)
print(allocated(10_000) - allocated(0))
""")
    assert done.stdout == "0\n", done.stderr


def test_a_forked_child_that_records_allocates_nothing(run_python):
    done = run_python(PRELUDE + """
import os
from gunicorn_prometheus_exporter import _engine, engine
engine.load()
WorkerRequests().inc(worker_id="worker_7")
def allocated(calls):
    before = _engine.statistics()["allocated_bytes"]
    for _ in range(calls):
        WorkerRequests().inc(worker_id="worker_7")
        WorkerMemory().set(1, worker_id="worker_7")
        WorkerRequestDuration().observe(1, worker_id="worker_7")
        WorkerState().set(1, worker="wrong")
    return _engine.statistics()["allocated_bytes"] - before
allocated(0)
pid = os.fork()
if pid == 0:
    os._exit(allocated(1000) != allocated(0))
assert os.waitpid(pid, 0)[1] == 0
""")
    assert done.returncode == 0, done.stderr


def test_the_order_of_labels_does_not_matter_and_numbers_are_their_digits(run_python, dump):
    done = run_python(PRELUDE + """
class Text(str): pass
for _ in range(2):
    WorkerFailedRequests().inc(worker_id="worker_7", method="GET", endpoint="/", status_code="404")
    WorkerFailedRequests().inc(status_code=404, endpoint="/", method="GET", worker_id="worker_7")
    WorkerFailedRequests().inc(1, endpoint=Text("/"), status_code=404, worker_id="worker_7", method="GET")
    WorkerFailedRequests().inc(**{"worker_id": "worker_7", "method": "GET", "endpoint": "/", "status_code": "404"})
    WorkerFailedRequests().inc(worker_id="worker_7", method="/", endpoint="GET", status_code="404")
    WorkerFailedRequests().inc(worker_id="", method=-7, endpoint=2**70, status_code=True)
""")
    assert done.returncode == 0, done.stderr
    failed = functools.partial(dump().value, "gunicorn_worker_failed_requests_total")
    assert failed(worker_id="worker_7", method="GET", endpoint="/", status_code="404") == 8
    assert failed(worker_id="worker_7", method="/", endpoint="GET", status_code="404") == 2
    assert failed(worker_id="", method="-7", endpoint=str(2**70), status_code="True") == 2


def test_label_values_that_are_alike_stay_apart(run_python, dump):
    values = ["", "a", "aa", "a\0", "\0a", "ä", "a" * 256, "a" * 255 + "b", "ä" * 256, "1", "-1", "1.0"]
    done = run_python(PRELUDE + f"""
for count, value in enumerate({values}, 1):
    for _ in range(count):
        WorkerRequests().inc(worker_id=value)
        WorkerFailedRequests().inc(worker_id=value, method=value * 2 if len(value) < 128 else value, endpoint="", status_code="")
""")
    assert done.returncode == 0, done.stderr
    metrics = dump()
    for count, value in enumerate(values, 1):
        assert metrics.value("gunicorn_worker_requests_total", worker_id=value) == count


def test_a_wrong_call_is_wrong_again_and_after_a_right_one(run_python, dump):
    done = run_python(PRELUDE + """
import functools

import pytest
requests = WorkerRequests()
for _ in range(3):
    requests.inc(worker_id="worker_7")
    for labels in ({}, {"worker": "worker_7"}, {"worker_id": "worker_7", "pid": 1}, {"worker_id": None},
                   {"worker_id": b"worker_7"}, {"worker_id": "\\ud800"}, {"worker_id": "x" * 257}):
        with pytest.raises(MetricsError, match="gunicorn_worker_requests_total"):
            requests.inc(**labels)
    for amount in (-1, float("nan"), float("inf"), "1", None, []):
        with pytest.raises(MetricsError, match="gunicorn_worker_requests_total"):
            requests.inc(amount, worker_id="worker_7")
    for arguments, labels in (((1, 2), {}), ((1,), {"amount": 1})):
        with pytest.raises(TypeError, match="inc"):
            requests.inc(*arguments, worker_id="worker_7", **labels)
    with pytest.raises(TypeError, match="value"):
        WorkerMemory().set(worker_id="worker_7")
    with pytest.raises(TypeError, match="value"):
        WorkerRequestDuration().observe(worker_id="worker_7")
    with pytest.raises(MetricsError, match="NaN"):
        WorkerRequestDuration().observe(float("nan"), worker_id="worker_7")
""")
    assert done.returncode == 0, done.stderr
    assert dump().value("gunicorn_worker_requests_total", worker_id="worker_7") == 3


def test_methods_are_called_through_instances_classes_and_subclasses(run_python, dump):
    done = run_python(PRELUDE + RECORDED + """
early = WorkerRequests().inc
class Own(WorkerRequests):
    def inc(self, amount=1.0, **labels):
        super().inc(amount * 10, **labels)
class Other(WorkerRequests):
    family = "gunicorn_worker_failed_requests_total"
for _ in range(2):
    early(worker_id="worker_7")
    WorkerRequests.inc(1, worker_id="worker_7")
    Own().inc(worker_id="worker_7")
    Other().inc(worker_id="worker_7", method="GET", endpoint="/", status_code="500")
    late = WorkerRequests().inc
    late(worker_id="worker_7")
    WorkerMemory.set(5, worker_id="worker_7")
    assert 'gunicorn_worker_memory_bytes{worker_id="worker_7"} 5.0' in recorded()
    try:
        WorkerRequests.inc(WorkerMemory, worker_id="worker_7")
    except (TypeError, MetricsError):
        pass
""")
    assert done.returncode == 0, done.stderr
    metrics = dump()
    assert metrics.value("gunicorn_worker_requests_total", worker_id="worker_7") == 26
    assert metrics.value(
        "gunicorn_worker_failed_requests_total", worker_id="worker_7", method="GET", endpoint="/", status_code="500") == 2


def test_values_past_the_bound_of_a_label_are_other_and_every_one_is_counted(run_python, dump):
    done = run_python(PRELUDE + """
for _ in range(3):
    for n in range(5):
        WorkerFailedRequests().inc(worker_id="worker_7", method="GET", endpoint=f"/{n}", status_code="404")
""", GUNICORN_EXPORTER_MAX_LABEL_VALUES="3")
    assert done.returncode == 0, done.stderr
    metrics = dump()
    failed = functools.partial(metrics.value, "gunicorn_worker_failed_requests_total", worker_id="worker_7", method="GET", status_code="404")
    assert failed(endpoint="/2") == 3
    assert failed(endpoint="__other__") == 6
    assert metrics.value("gunicorn_exporter_label_overflow_total", label="endpoint") == 6


def test_series_past_the_bound_of_a_worker_are_other_and_every_one_is_counted(run_python, dump):
    done = run_python(PRELUDE + """
for _ in range(3):
    for n in range(1200):
        WorkerFailedRequests().inc(worker_id="worker_7", method="GET", endpoint=f"/{n // 10}", status_code=400 + n % 10)
""", GUNICORN_EXPORTER_MAX_WORKER_SERIES="1000")
    assert done.returncode == 0, done.stderr
    metrics = dump()
    counts = [
        metrics.value("gunicorn_worker_failed_requests_total", worker_id="worker_7", method="GET", endpoint=f"/{n // 10}", status_code=str(400 + n % 10))
        for n in range(950)]
    assert set(counts) == {3}
    other = sum(
        metrics.value("gunicorn_worker_failed_requests_total", worker_id="__other__", method="__other__", endpoint="__other__", status_code=str(400 + n))
        for n in range(10))
    assert 600 <= other <= 750
    assert metrics.value("gunicorn_exporter_label_overflow_total", label="series") == other


def test_the_state_and_its_timestamp_are_set(run_python):
    done = run_python(PRELUDE + RECORDED + """
for timestamp, told in (("1640995200.5", "1.6409952005e+09"), (1640995201, "1.640995201e+09")):
    WorkerState().set(1.0, worker_id="worker_7", state="running", timestamp=timestamp)
    assert 'gunicorn_worker_state{state="running",worker_id="worker_7"} 1.0' in recorded()
    assert 'gunicorn_worker_state_change_timestamp_seconds{worker_id="worker_7"} ' + told in recorded()
""")
    assert done.returncode == 0, done.stderr


def test_a_worker_that_inherits_a_loaded_engine_is_told_so(run_python, dump):
    done = run_python(PRELUDE + """
import os
from gunicorn_prometheus_exporter import engine
WorkerRequests().inc(worker_id="worker_7")
WorkerRequests().inc(worker_id="worker_7")
pid = os.fork()
if pid == 0:
    engine.enter_worker()
    try:
        WorkerRequests().inc(worker_id="worker_7")
    except MetricsError as error:
        os._exit(0 if "already loaded" in str(error) else 2)
    os._exit(1)
assert os.waitpid(pid, 0)[1] == 0
WorkerRequests().inc(worker_id="worker_7")
""")
    assert done.returncode == 0, done.stderr
    assert dump().value("gunicorn_worker_requests_total", worker_id="worker_7") == 3

"""What Python and the kernel do in a worker: garbage collections, threads, descriptors, page faults, context switches."""

import json
import os
from typing import Any

import pytest

from exposition import Exposition
from live_gunicorn import HOOKS, LiveGunicorn, wait_for
from runtime_app import CYCLES, FILES

COLLECTIONS = "gunicorn_worker_gc_collections_total"
SECONDS = "gunicorn_worker_gc_seconds_total"
COLLECTED = "gunicorn_worker_gc_objects_collected_total"
UNCOLLECTABLE = "gunicorn_worker_gc_objects_uncollectable_total"


def start(start_gunicorn: Any, *options: str, **named: Any) -> LiveGunicorn:
    # An idle worker's heartbeat comes after half the timeout.
    server: LiveGunicorn = start_gunicorn("-w", "1", "--timeout", "4", *options, **{"conf": HOOKS, "app": "runtime_app:app", **named})
    server.wait_until_served()
    wait_for(lambda: server.scrape().has("gunicorn_worker_state", state="running"), "the worker")
    return server


def ask(server: LiveGunicorn, path: str) -> Any:
    status, text = server.request("GET", path)
    assert status == 200
    return json.loads(text)


def test_collections_are_counted_with_their_time_and_their_objects(start_gunicorn: Any) -> None:
    server = start(start_gunicorn)
    ask(server, "/usage")
    # A worker that has not collected shows nothing of it.
    assert not server.metrics(1).has(COLLECTIONS)
    found = sum(ask(server, "/collect") for _ in range(3)) + ask(server, "/collect-young")
    assert found >= 4 * CYCLES
    metrics = server.metrics(5)
    # Each path collects the whole heap first.
    assert metrics.by(COLLECTIONS, "generation") == {"0": 1, "2": 7}
    assert 0 < metrics.value(SECONDS, generation="2") < 60
    assert metrics.value(COLLECTED, generation="0") >= CYCLES
    assert metrics.total(COLLECTED) >= found
    assert not metrics.has(UNCOLLECTABLE)
    # All workers of the slot count in one series.
    assert not metrics.has(COLLECTIONS, worker_id="worker_1")


def test_collections_have_the_worker_where_it_is_configured(start_gunicorn: Any) -> None:
    server = start(start_gunicorn, variables={"GUNICORN_EXPORTER_PER_WORKER": "true"})
    ask(server, "/collect")
    metrics = server.metrics(1)
    assert metrics.value(COLLECTIONS, generation="2", worker_id="worker_1") == 2
    assert metrics.has("gunicorn_worker_page_faults_total", kind="minor", worker_id="worker_1")


@pytest.mark.parametrize(("path", "counts"), [("/freeze", 4), ("/break", 2), ("/clear", 2)])
def test_what_an_application_does_to_the_collector_hurts_neither_it_nor_the_requests(start_gunicorn: Any, path: str, counts: int) -> None:
    server = start(start_gunicorn)
    ask(server, "/collect")
    ask(server, path)
    ask(server, "/collect")
    metrics = server.metrics(3)
    # An application that removes the callback of the exporter ends the count.
    assert metrics.value(COLLECTIONS, generation="2") == counts
    assert metrics.value("gunicorn_exporter_dropped_total") == 0


def test_a_child_that_the_application_forks_may_collect_and_counts_nothing(start_gunicorn: Any) -> None:
    server = start(start_gunicorn)
    assert ask(server, "/fork") == 7
    ask(server, "/collect")
    assert server.metrics(2).by(COLLECTIONS, "generation") == {"2": 2}


def test_a_child_that_collects_while_it_is_forked_counts_nothing(start_gunicorn: Any) -> None:
    # This hook runs in the child before the engine's.
    conf = HOOKS + "import gc, os\nos.register_at_fork(after_in_child=gc.collect)\n"
    server = start(start_gunicorn, conf=conf)
    ask(server, "/fork")
    ask(server, "/fork")
    assert not server.metrics(2).has(COLLECTIONS)
    ask(server, "/collect")
    assert server.metrics(3).value(COLLECTIONS, generation="2") == 2


def test_page_faults_and_context_switches_are_those_that_the_process_sees(start_gunicorn: Any) -> None:
    server = start(start_gunicorn)
    ask(server, "/touch")
    least = ask(server, "/usage")
    assert least["minor"] > 0
    assert least["voluntary"] > 0
    wait_for(lambda: all(value >= least[kind] for kind, value in kinds(server.scrape()).items()), "the next heartbeat")
    seen, most = kinds(server.scrape()), ask(server, "/usage")
    assert {kind: value for kind, value in seen.items() if not least[kind] <= value <= most[kind]} == {}


def kinds(metrics: Exposition) -> dict[str, float]:
    return {**metrics.by("gunicorn_worker_page_faults_total", "kind"), **metrics.by("gunicorn_worker_context_switches_total", "kind")}


def test_threads_and_descriptors_of_each_worker_are_known(start_gunicorn: Any) -> None:
    server = start(start_gunicorn)
    (worker,) = server.workers()

    def threads() -> float:
        return server.scrape().value("gunicorn_worker_threads", worker_id="worker_1")

    before = threads()
    for _ in range(5):
        ask(server, "/thread")
    # Threads of the runtime may start later than the first count.
    wait_for(lambda: threads() == len(os.listdir(f"/proc/{worker}/task")) >= before + 5, "the threads")
    metrics = server.scrape()
    files = metrics.value("gunicorn_worker_open_fds", worker_id="worker_1")
    assert FILES < files < FILES + 40
    assert files < metrics.value("gunicorn_worker_max_fds")


def test_the_engine_reports_objects_that_cannot_be_freed(run_python: Any, dump: Any) -> None:
    done = run_python("""
import os
from gunicorn_prometheus_exporter import _engine as engine
for arguments in ((), ("start",), ("start", {}), ("stop", {}), (1, 2), ("stop", {"generation": "x"}), ("stop", None)):
    engine.collecting(*arguments)
assert engine.statistics()["faults"] == 0
engine.open(os.environ["PROMETHEUS_MULTIPROC_DIR"], "worker", False)
for found in (0, 3):
    engine.collecting("start", {})
    engine.collecting("stop", {"generation": 1, "collected": 5, "uncollectable": found})
before = engine.statistics()["allocated_bytes"]
for _ in range(1000):
    engine.collecting("start", {})
    engine.collecting("stop", {"generation": 1, "collected": 5, "uncollectable": 0})
assert engine.statistics()["allocated_bytes"] - before < 1000
for arguments in ((), ("start",), (1, 2), ("stop", {"generation": "x"}), ("stop", None), ("stop", {})):
    assert engine.collecting(*arguments) is None
print(engine.statistics()["dropped"])
""")
    assert done.returncode == 0, done.stderr
    # One for each call with wrong arguments.
    assert done.stdout.split() == ["6.0"]
    metrics = dump()
    assert metrics.value(COLLECTIONS, generation="1") == 1002
    assert metrics.value(COLLECTED, generation="1") == 5010
    assert metrics.value(UNCOLLECTABLE, generation="1") == 3

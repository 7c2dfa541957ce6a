"""Dirty workers of Gunicorn 25 and later: processes, exits, and tasks, each of which is counted exactly once."""

import concurrent.futures
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest

import mixin
from exposition import Exposition
from live_gunicorn import HOOKS, PYTHON, LiveGunicorn, wait_for

SEED = int(os.environ.get("DIRTY_SEED", "1"))
TASKS = int(os.environ.get("DIRTY_TASKS", "1500"))
KILLS = int(os.environ.get("DIRTY_KILLS", "6"))

APP = "dirty_app:Tasks"

#: Gunicorn stops a dirty arbiter that an earlier server of the same name left behind.
CONF = HOOKS + """
import uuid
proc_name = "dirty-" + uuid.uuid4().hex
dirty_apps = ["dirty_app:Tasks"]
dirty_workers = 2
# Gunicorn ignores a SIGTERM that a dirty worker receives while it starts.
graceful_timeout = 3
dirty_graceful_timeout = 2
"""


class DirtyGunicorn(LiveGunicorn):
    """A Gunicorn with dirty workers."""

    @property
    def arbiter(self) -> int:
        return int(re.findall(r"Spawned dirty arbiter \(pid: (\d+)\)", self.log)[-1])

    @property
    def socket(self) -> str:
        """The socket of the latest dirty arbiter."""
        return re.findall(r"Dirty arbiter listening on (\S+)", self.log)[-1]

    def dirty_workers(self) -> list[int]:
        """Returns the pids of the dirty workers of the latest dirty arbiter."""
        try:
            return [int(pid) for pid in Path(f"/proc/{self.arbiter}/task/{self.arbiter}/children").read_text().split()]
        except OSError:
            return []

    def wait_until_dirty(self, count: int = 2) -> Exposition:
        """Returns when this many dirty workers hold a slot, and the configured number is known."""
        wait_for(lambda: live(self.metrics()) == count, f"{count} dirty workers; the log is:\n{self.log}")
        wait_for(lambda: self.scrape().has("gunicorn_dirty_workers", state="configured"), "the configured number")
        wait_for(lambda: self.log.count("Dirty arbiter listening on") == self.log.count("Spawned dirty arbiter"), "the arbiter")
        return self.scrape()

    def run(self, action: str, *arguments: Any, app: str = APP, socket: Optional[str] = None) -> tuple[int, Any]:
        """Runs an action of the dirty application. Returns the status and the result."""
        query = [("app", app), *(("argument", json.dumps(argument)) for argument in arguments)]
        query += [("socket", socket)] if socket else []
        status, body = self.request("GET", f"/{action}?{urllib.parse.urlencode(query)}")
        return status, json.loads(body) if body else None

    def run_beside(self, action: str, *arguments: Any) -> threading.Thread:
        """Starts an action and does not wait for its result."""
        thread = threading.Thread(target=self.run, args=(action, *arguments), daemon=True)
        thread.start()
        return thread


def live(metrics: Exposition) -> float:
    return metrics.value("gunicorn_dirty_workers", state="live") if metrics.has("gunicorn_dirty_workers") else 0


def exits(metrics: Exposition, family: str = "gunicorn_dirty_worker_exits_total") -> dict[str, float]:
    return {reason: count for reason, count in metrics.by(family, "reason").items() if count}


def lost(metrics: Exposition) -> dict[str, float]:
    return metrics.by("gunicorn_dirty_tasks_lost_total", "reason")


def outcomes(metrics: Exposition) -> dict[tuple[str, str], float]:
    return {(labels["action"], labels["outcome"]): value for name, labels, value in metrics.samples
            if name == "gunicorn_dirty_tasks_total"}


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "run_gunicorn" in Path(f"/proc/{pid}/cmdline").read_text()
    return False


@pytest.fixture
def start_dirty(start_gunicorn, need) -> Iterator[Callable[..., DirtyGunicorn]]:
    started: list[DirtyGunicorn] = []

    def start(*options: str, conf: str = "", **named: object) -> DirtyGunicorn:
        need("gunicorn.dirty.arbiter")
        named.setdefault("app", "dirty_app:app")
        server = start_gunicorn(
            "--worker-class", "gthread", "--threads", "8", *options, kind=DirtyGunicorn, conf=CONF + conf, **named)
        started.append(server)
        return server

    yield start
    for server in started:
        server.end()
        # Gunicorn leaves the workers of a killed dirty arbiter behind.
        for pid in map(int, re.findall(r"Spawned dirty worker \(pid: (\d+)\)", server.log)):
            if is_running(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_tasks_are_counted_by_application_action_and_outcome(start_dirty):
    server = start_dirty()
    server.wait_until_dirty()
    assert server.run("echo", 5) == (200, 5)
    assert server.run("echo", "x") == (200, "x")
    assert server.run("count", 3) == (200, [0, 1, 2])
    assert server.run("count_async", 2) == (200, [0, 1])
    for action, *arguments in (["fail"], ["unsendable"], ["count_and_fail", 2], ["missing"]):
        assert server.run(action, *arguments)[0] == 500, action
    assert server.run("echo", app="dirty_app:Absent")[0] == 500
    expected = {
        ("echo", "succeeded"): 2, ("count", "succeeded"): 1, ("count_async", "succeeded"): 1, ("fail", "failed"): 1,
        ("unsendable", "failed"): 1, ("count_and_fail", "failed"): 1, ("missing", "failed"): 1}
    wait_for(lambda: outcomes(server.scrape()) == expected, f"outcomes, not {outcomes(server.scrape())}")
    metrics = server.scrape()
    assert metrics.by("gunicorn_dirty_tasks_total", "app") == {APP: 8}
    assert metrics.total("gunicorn_dirty_task_duration_seconds_count") == 8
    assert metrics.total("gunicorn_dirty_task_queue_seconds_count") == 8
    assert metrics.value("gunicorn_dirty_tasks_accepted_total") == 9
    assert metrics.by("gunicorn_dirty_tasks_dropped_total", "reason")["no_worker"] == 1
    assert metrics.value("gunicorn_dirty_tasks_queued") == 0
    assert "a recording failed" not in server.log


def test_processes_are_shown(start_dirty):
    server = start_dirty("-w", "1", conf="dirty_threads = 3\n")
    server.wait_until_dirty()
    wait_for(lambda: {int(pid) for pid in server.scrape().by("gunicorn_dirty_worker_info", "pid")} == set(server.dirty_workers()), "pids")
    wait_for(lambda: sum(server.scrape().by("gunicorn_dirty_worker_threads", "worker_id").values()) == 6, "threads")
    metrics = server.scrape()
    assert metrics.value("gunicorn_dirty_workers", state="configured") == 2
    assert metrics.by("gunicorn_dirty_worker_threads", "worker_id") == {"dirty_1": 3, "dirty_2": 3}
    assert metrics.total("gunicorn_dirty_worker_starts_total") == 2
    assert all(value > 1e6 for value in metrics.by("gunicorn_dirty_worker_memory_bytes", "worker_id").values())
    assert metrics.value("gunicorn_dirty_arbiter_memory_bytes") > 1e6
    assert metrics.value("gunicorn_dirty_arbiter_uptime_seconds") > 0
    assert metrics.total("gunicorn_dirty_arbiter_cpu_seconds_total") > 0
    assert metrics.total("gunicorn_dirty_worker_cpu_seconds_total") > 0
    assert metrics.value("gunicorn_workers", state="live") == 1


def test_every_metric_that_the_dashboard_and_the_page_query_is_there(start_dirty):
    text = (mixin.REPOSITORY / "docs" / "dirty-workers.md").read_text()
    queries = [query for board in mixin.DASHBOARDS.values() for query in mixin.queries(board)] + re.findall("`([^`]+)`", text)
    asked = {name for query in queries for name in re.findall(r"gunicorn_dirty_\w+", query)}
    assert len(asked) > 12
    server = start_dirty(conf="dirty_workers = 1\n")
    server.wait_until_dirty(1)
    server.run("echo")
    server.run_beside("sleep", 60)
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_in_flight") == 1, "a task")
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: lost(server.scrape()) == {"signal": 1}, "a lost task")
    there = {name for name, _, _ in server.wait_until_dirty(1).samples}
    assert asked - there - {name.rpartition("_")[0] for name in there} == set()


def test_a_server_without_dirty_workers_has_no_such_families(start_gunicorn):
    server = start_gunicorn()
    server.get("/")
    assert "gunicorn_dirty_" not in server.metrics(requests=1).text


def test_tasks_in_flight_and_in_the_queue_are_shown(start_dirty):
    server = start_dirty(conf="dirty_workers = 1\n")
    server.wait_until_dirty(1)
    start = time.monotonic()
    waiting = [server.run_beside("sleep", 1.5), server.run_beside("sleep", 1.5)]
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_in_flight") == 1, "a task")
    wait_for(lambda: server.scrape().value("gunicorn_dirty_tasks_queued") == 1, "a task that waits")
    wait_for(lambda: server.scrape().value("gunicorn_dirty_oldest_task_seconds", action="sleep", app=APP) > 0.5, "its age")
    for thread in waiting:
        thread.join()
    # What both took beside their sleep.
    rest = time.monotonic() - start - 3
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_total") == 2, "both tasks")
    metrics = server.scrape()
    assert metrics.value("gunicorn_dirty_tasks_in_flight", action="sleep") == 0
    assert metrics.value("gunicorn_dirty_oldest_task_seconds", action="sleep") == 0
    # The second one waited for the first one, and then took as long.
    assert 1.4 < metrics.value("gunicorn_dirty_task_queue_seconds_sum") < 1.6 + 2 * rest
    assert 3 <= metrics.value("gunicorn_dirty_task_duration_seconds_sum", action="sleep") < 3.1 + rest
    assert 3 <= metrics.value("gunicorn_dirty_worker_busy_seconds_total") < 3.1 + rest


def test_a_task_that_times_out_is_counted_once_though_its_thread_runs_on(start_dirty):
    server = start_dirty(conf="dirty_timeout = 1\ndirty_workers = 1\n")
    server.wait_until_dirty(1)
    # Gunicorn's dirty arbiter and its worker stop waiting at the same time, and answer with different errors.
    assert server.run("sleep", 8)[0] == 500
    wait_for(lambda: outcomes(server.scrape()) == {("sleep", "timed_out"): 1}, "a task that timed out")
    assert server.scrape().value("gunicorn_dirty_tasks_in_flight", action="sleep") == 1
    wait_for(lambda: server.scrape().value("gunicorn_dirty_tasks_in_flight", action="sleep") == 0, "the end of its thread")
    assert server.run("sleep", 60)[0] == 500
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_total") == 2, "the second task")
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: exits(server.scrape()) == {"signal": 1}, "the exit")
    server.wait_until_dirty(1)
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_in_flight") == 0, "no task")
    metrics = server.scrape()
    assert outcomes(metrics) == {("sleep", "timed_out"): 2}
    assert lost(metrics) == {}
    assert "task lost" not in server.log


def test_the_task_of_a_killed_worker_is_lost_once_and_those_in_its_queue_are_dropped(start_dirty):
    server = start_dirty(conf="dirty_workers = 1\n")
    server.wait_until_dirty(1)
    for _ in range(3):
        server.run_beside("sleep", 60)
    wait_for(lambda: server.scrape().value("gunicorn_dirty_tasks_queued") == 2, "two tasks that wait")
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_in_flight") == 1, "one that runs")
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: lost(server.scrape()) == {"signal": 1}, "a lost task")
    metrics = server.wait_until_dirty(1)
    assert metrics.value("gunicorn_dirty_tasks_lost_total", app=APP, action="sleep", reason="signal") == 1
    assert metrics.by("gunicorn_dirty_tasks_dropped_total", "reason")["unreachable"] == 2
    assert metrics.value("gunicorn_dirty_tasks_queued") == 0
    assert metrics.value("gunicorn_dirty_worker_restarts_total") == 1
    assert metrics.value("gunicorn_master_worker_restarts_total") == 0
    assert exits(metrics, "gunicorn_worker_exits_total") == {}
    assert metrics.total("gunicorn_worker_requests_lost_total") == 0
    wait_for(lambda: f"cause=signal app={APP} action=sleep" in server.log, "a line about the lost task")
    assert server.log.count("task lost") == 1


def test_exits_of_workers_have_their_reasons(start_dirty):
    server = start_dirty()
    server.wait_until_dirty()
    os.kill(server.dirty_workers()[0], signal.SIGTERM)
    wait_for(lambda: exits(server.scrape()) == {"graceful": 1}, "a worker that was asked to exit")
    server.wait_until_dirty()
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: exits(server.scrape()) == {"graceful": 1, "signal": 1}, "a worker that was killed")
    assert server.wait_until_dirty().value("gunicorn_dirty_worker_restarts_total") == 2


def test_a_worker_that_gives_no_sign_of_life_is_a_timeout(start_dirty):
    server = start_dirty(conf="dirty_timeout = 2\ndirty_workers = 1\n")
    server.wait_until_dirty(1)
    os.kill(server.dirty_workers()[0], signal.SIGSTOP)
    wait_for(lambda: exits(server.scrape()) == {"timeout": 1}, "the exit")


def test_a_worker_that_cannot_load_its_application_is_a_boot_error(start_dirty):
    server = start_dirty(conf='dirty_apps = ["dirty_app:Broken"]\ndirty_workers = 1\n')
    wait_for(lambda: exits(server.metrics()).get("boot_error", 0) >= 1, f"an exit; the log is:\n{server.log}")
    (Path(server.conf).parent / "boots").touch()
    server.wait_until_dirty(1)
    assert set(exits(server.scrape())) == {"boot_error"}


def test_a_killed_arbiter_is_replaced_and_its_workers_show(start_dirty):
    server = start_dirty(conf="dirty_workers = 1\n")
    server.wait_until_dirty(1)
    server.run_beside("sleep", 2)
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_in_flight") == 1, "a task that runs")
    server.run_beside("sleep", 60)
    wait_for(lambda: server.scrape().value("gunicorn_dirty_tasks_queued") == 1, "a task that waits")
    first = server.arbiter
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: exits(server.scrape(), "gunicorn_dirty_arbiter_exits_total") == {"signal": 1}, "the exit")
    # Gunicorn leaves the worker of the dead arbiter behind.
    metrics = server.wait_until_dirty(2)
    assert metrics.value("gunicorn_dirty_workers", state="configured") == 1
    assert metrics.by("gunicorn_dirty_tasks_dropped_total", "reason")["arbiter_exit"] == 1
    assert metrics.value("gunicorn_dirty_tasks_queued") == 0
    assert exits(metrics) == {} and exits(metrics, "gunicorn_worker_exits_total") == {}
    assert server.run("echo", 1, socket=server.socket) == (200, 1)
    # The worker has finished the task, though its client did not receive the answer.
    wait_for(lambda: outcomes(server.scrape()) == {("echo", "succeeded"): 1, ("sleep", "succeeded"): 1}, "both tasks")
    assert server.arbiter != first


def test_a_master_that_is_replaced_leaves_its_dirty_workers_and_their_counts(start_dirty):
    server = start_dirty("-w", "1")
    server.wait_until_dirty(2)
    assert server.run("echo", 1) == (200, 1)
    server.signal(signal.SIGUSR2)
    metrics = server.wait_until_dirty(4)
    wait_for(lambda: server.scrape().value("gunicorn_dirty_workers", state="configured") == 4, "both dirty arbiters")
    assert exits(metrics) == {} and exits(metrics, "gunicorn_dirty_arbiter_exits_total") == {}
    (second,) = server.second_masters()
    try:
        assert server.end() == 0
        wait_for(lambda: live(server.metrics()) == 2, "the dirty workers of the second master")
        metrics = server.metrics()
        assert metrics.value("gunicorn_dirty_workers", state="configured") == 2
        assert exits(metrics) == {"graceful": 2}
        assert outcomes(metrics) == {("echo", "succeeded"): 1}
    finally:
        os.kill(second, signal.SIGTERM)
        wait_for(lambda: not is_running(second), "the end of the second master")


def test_metric_classes_and_prometheus_client_work_in_dirty_workers(start_dirty):
    server = start_dirty(conf="dirty_workers = 1\npreload_app = True\n")
    server.wait_until_dirty(1)
    assert server.run("measure") == (200, None)
    assert server.run("measure") == (200, None)
    metrics = server.scrape()
    assert metrics.value("gunicorn_worker_error_handling_total", worker_id="dirty_1", error_type="Recorded") == 2
    assert metrics.value("dirty_things_total") == 2


def test_a_worker_killed_for_memory_is_no_oom_of_gunicorns_workers(start_dirty, tmp_path):
    events = tmp_path / "memory.events"
    events.write_text("oom_kill 1\n")
    server = start_dirty("-w", "1", conf=f"""
import gunicorn_prometheus_exporter
from gunicorn_prometheus_exporter import oom_kills
def on_starting(server):
    oom_kills.events_file = lambda: {str(events)!r}
    gunicorn_prometheus_exporter.default_on_starting(server)
""")
    server.wait_until_dirty()
    events.write_text("oom_kill 2\n")
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: exits(server.scrape()) == {"oom": 1}, "a dirty worker without memory")
    (worker,) = set(server.workers()) - {server.arbiter}
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: exits(server.scrape(), "gunicorn_worker_exits_total") == {"signal": 1}, "a killed worker")
    assert exits(server.scrape()) == {"oom": 1}


def test_dirty_workers_of_another_user_record(start_dirty, public_directory, environment):
    if os.geteuid() != 0:
        pytest.skip("only root can start workers of another user: DIRTY WORKERS OF ANOTHER USER ARE NOT TESTED")
    # Gunicorn's own directory for the sockets belongs to root, so that its dirty workers cannot create theirs.
    server = start_dirty(
        "-u", "65534", "-g", "65534", variables={"PROMETHEUS_MULTIPROC_DIR": str(public_directory / "store")}, conf="""
import os
def on_dirty_starting(arbiter):
    os.chown(arbiter.tmpdir, 65534, 65534)
""")
    server.wait_until_dirty()
    # Nor may other users connect to the socket of its dirty arbiter.
    code = f"from gunicorn.dirty.client import DirtyClient; print(DirtyClient({server.socket!r}).execute({APP!r}, 'process')['uid'])"
    assert subprocess.run([*PYTHON, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout == "65534\n"
    wait_for(lambda: outcomes(server.scrape()) == {("process", "succeeded"): 1}, "the task")
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: exits(server.scrape()) == {"signal": 1}, "the exit")


def test_a_server_whose_store_cannot_be_used_runs_tasks(start_dirty):
    server = start_dirty(variables={"PROMETHEUS_MULTIPROC_DIR": "/proc/no/store"})
    wait_for(lambda: server.log.count("Initialized dirty app") == 2, "the dirty workers")
    wait_for(lambda: server.run("echo", 3) == (200, 3), "a task")
    assert "gunicorn_prometheus_exporter/" not in server.log


BREAK = """
from gunicorn_prometheus_exporter import dirty_hand_over, master_exits, master_store
def fail(*arguments, **named):
    raise RuntimeError("broken on purpose")
for owner, names in (
    (master_store.MasterStore, ("add", "set", "value")), (dirty_hand_over.HandOver, ("put", "begin", "is_begun")),
    (master_exits.WorkerExits, ("observe", "settle", "finish", "write", "forget_old_oom_kills"))):
    for name in names:
        setattr(owner, name, fail)
"""


def test_tasks_run_though_everything_of_ours_raises(start_dirty):
    server = start_dirty(conf=BREAK)
    wait_for(lambda: server.log.count("Initialized dirty app") == 2, "the dirty workers")
    wait_for(lambda: server.run("echo", 3) == (200, 3), "a task")
    assert server.run("count", 2) == (200, [0, 1])
    os.kill(server.dirty_workers()[0], signal.SIGKILL)
    wait_for(lambda: server.log.count("Initialized dirty app") == 3, "another dirty worker")
    assert [server.run("echo", 4) for _ in range(3)] == [(200, 4)] * 3
    os.kill(server.arbiter, signal.SIGTERM)
    wait_for(lambda: server.log.count("Dirty arbiter listening") == 2, "another dirty arbiter")
    assert server.end() == 0


def journal_of(path: Path) -> dict[str, set[int]]:
    """Returns the ids of the tasks that began, that ended and that failed, according to themselves."""
    found: dict[str, set[int]] = {"begin": set(), "end": set(), "fail": set()}
    for line in path.read_text().splitlines():
        event, task = line.split()
        assert int(task) not in found[event], f"task {task} ran twice"
        found[event].add(int(task))
    return found


def test_each_task_is_finished_failed_lost_or_dropped_whatever_is_killed(start_dirty, environment, tmp_path):
    choose = random.Random(SEED)
    print(f"DIRTY_SEED={SEED} DIRTY_TASKS={TASKS} DIRTY_KILLS={KILLS}")
    server = start_dirty("-w", "1", conf="dirty_workers = 3\ndirty_timeout = 20\n")
    server.wait_until_dirty(3)
    journal = tmp_path / "journal"
    with concurrent.futures.ThreadPoolExecutor() as executor:
        client = executor.submit(
            subprocess.run,
            [*PYTHON, str(Path(__file__).parent / "dirty_client.py"), str(server._log), str(journal), str(TASKS), str(SEED)],
            env=environment, capture_output=True, text=True, timeout=900, check=False)
        killed = {"workers": 0, "arbiters": 0}
        wait_for(lambda: journal.exists(), "the first task")
        for number in range(KILLS):
            time.sleep(choose.uniform(0.1, 0.6))
            if client.done():
                break
            arbiters = server.log.count("Dirty arbiter listening on")
            if number % 3 == 2:
                os.kill(server.arbiter, signal.SIGKILL)
                killed["arbiters"] += 1
                wait_for(lambda: server.log.count("Dirty arbiter listening on") > arbiters, "another dirty arbiter")
            elif workers := server.dirty_workers():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(choose.choice(workers), signal.SIGKILL)
                    killed["workers"] += 1
        done = client.result()
    assert done.returncode == 0, done.stderr
    known = {outcome: set(tasks) for outcome, tasks in json.loads(done.stdout).items()}
    print({outcome: len(tasks) for outcome, tasks in known.items()}, killed)
    wait_for(lambda: server.scrape().total("gunicorn_dirty_tasks_in_flight") == 0, "no task in flight")
    began = journal_of(journal)

    def counts() -> tuple[float, ...]:
        metrics = server.scrape()
        answered = metrics.by("gunicorn_dirty_tasks_total", "outcome")
        return (
            answered.get("succeeded", 0), answered.get("failed", 0), metrics.total("gunicorn_dirty_tasks_lost_total"),
            metrics.total("gunicorn_dirty_tasks_dropped_total"), metrics.value("gunicorn_dirty_tasks_accepted_total"))

    wait_for(lambda: sum(counts()[:3]) >= len(began["begin"]), f"all tasks: {counts()} of {len(began['begin'])}")
    succeeded, failed, missing, dropped, accepted = counts()
    print(f"{succeeded=} {failed=} {missing=} {dropped=} {accepted=} began={len(began['begin'])}")
    kills = killed["workers"]
    # A worker may be killed between its record of a task and the task's own, on either side.
    assert len(began["begin"]) <= succeeded + failed + missing <= len(began["begin"]) + kills
    assert len(began["end"]) - kills <= succeeded <= len(began["end"])
    assert len(began["fail"]) - kills <= failed <= len(began["fail"])
    assert missing <= kills
    # What the client knows: results and errors that it received, and nothing of the others.
    assert known["succeeded"] <= began["end"] and len(known["succeeded"]) <= succeeded
    assert known["failed"] <= began["fail"] and len(known["failed"]) <= failed
    unknown = TASKS - len(known["succeeded"]) - len(known["failed"])
    unsent = TASKS - accepted
    assert 0 <= unsent <= unknown
    # A dirty arbiter may be killed while it passes a task to each of its workers.
    assert abs(accepted - (succeeded + failed + missing + dropped)) <= killed["arbiters"] * 3
    assert "a recording failed" not in server.log

"""If the engine's runtime cannot start, workers serve without it. Only a child process aborts, never a worker."""

import contextlib
import os
import shutil
import signal
from pathlib import Path

import pytest

from conftest import PACKAGE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for
from worker_classes import ASGI, STOCK

#: The application maps 400 MiB, like one with a model or a large library.
MAPPING = "mapping_app:app"

PIDS = Path("/sys/fs/cgroup/pids")


def limited(limits):
    """Returns a launcher that runs a command under a ulimit."""
    return ("sh", "-c", f'ulimit -c 0; ulimit {limits}; exec "$@"', "sh")


def off(server):
    return [line for line in server.log.splitlines() if "Metrics of this worker are off" in line]


@pytest.mark.parametrize("worker_class", STOCK)
def test_too_little_address_space_costs_metrics_and_nothing_else(worker_class, start_worker):
    app = "mapping_app:asgi" if worker_class in ASGI else MAPPING
    # Enough for the servers that map more memory themselves.
    server = start_worker(worker_class, app=app, launcher=limited("-v 570000"))
    assert [server.get("/") for _ in range(3)] == [200] * 3
    wait_for(lambda: off(server), "the line")
    (line,) = off(server)
    assert "MiB of address space are left" in line and "ulimit -v" in line
    assert server.log.count("Booting worker") == 1
    assert server.end() == 0


@pytest.mark.parametrize("kilobytes", range(450_000, 1_250_001, 100_000))
def test_at_each_limit_of_address_space_the_application_answers(kilobytes, start_gunicorn):
    server = start_gunicorn(app=MAPPING, launcher=limited(f"-v {kilobytes}"))
    assert [server.get("/") for _ in range(3)] == [200] * 3
    assert server.log.count("Booting worker") == 1
    assert len(off(server)) <= 1


PROBE = """
import os, resource, sys
from gunicorn_prometheus_exporter import engine_probe
{before}
print(engine_probe.obstacle(), flush=True)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become a user that runs nothing else")
@pytest.mark.parametrize("limit, is_enough", [(1, False), (2, False), (4, True)])
def test_a_limit_of_the_users_processes_is_named(limit, is_enough, run_python):
    done = run_python(PROBE.format(before=f"""
os.setgid(61234)
os.setuid(61234)
resource.setrlimit(resource.RLIMIT_NPROC, ({limit}, {limit}))
"""))
    assert done.returncode == 0, done.stderr
    assert (done.stdout == "None\n") is is_enough
    assert is_enough or f"ulimit -u, {limit} now" in done.stdout


@pytest.mark.skipif(not os.access(PIDS, os.W_OK), reason="no cgroup of processes can be made here")
def test_a_limit_of_the_containers_processes_costs_metrics_and_nothing_else(start_gunicorn):
    group = PIDS / f"test-{os.getpid()}"
    group.mkdir()
    try:
        # The master and its worker.
        (group / "pids.max").write_text("2")
        enter = ("sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh")
        # Without hooks the master starts no process except its worker.
        server = start_gunicorn(conf='worker_class = "gunicorn_prometheus_exporter.plugin.PrometheusWorker"\n', launcher=enter)
        assert [server.get("/") for _ in range(3)] == [200] * 3
        (line,) = off(server)
        assert "no more threads can be started" in line and "pids.max" in line
        assert server.log.count("Booting worker") == 1
        assert server.end() == 0
    finally:
        wait_for(lambda: not (group / "cgroup.procs").read_text(), "the end of its processes")
        group.rmdir()


@pytest.mark.parametrize("before", [
    "pass",
    "from gevent import monkey; monkey.patch_all()",
    "import eventlet; eventlet.monkey_patch()",
    "import threading, time; [threading.Thread(target=time.sleep, args=(30,), daemon=True).start() for _ in range(20)]",
    "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "import signal; signal.signal(signal.SIGALRM, lambda *_: None); signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])",
    "import warnings; warnings.simplefilter('error')",
    "os.register_at_fork(after_in_child=lambda: 1 / 0)",
], ids=["plain", "gevent", "eventlet", "threads", "no SIGCHLD", "SIGALRM", "warnings", "a failing handler"])
def test_what_a_process_has_does_not_confuse_the_child(before, run_python, need):
    need(*(name for name in ("gevent", "eventlet") if name in before))
    done = run_python(PROBE.format(before=before).replace(
        "print(", "descriptors = os.listdir('/proc/self/fd'); print(") + """
assert os.listdir("/proc/self/fd") == descriptors
try:
    os.waitpid(-1, os.WNOHANG)
    raise SystemExit("a child is left")
except ChildProcessError:
    os._exit(0)
""")
    assert done.stdout.splitlines()[-1:] == ["None"], done.stderr
    assert done.returncode == 0, done.stderr


def test_a_child_that_hangs_is_killed_and_said(run_python):
    done = run_python(PROBE.format(before="""
engine_probe.TIMEOUT = 0.5
os.register_at_fork(after_in_child=lambda: setattr(engine_probe.resource, "setrlimit", lambda *_: os.read(os.pipe()[0], 1)))
"""))
    assert "did not start it within 0.5 s" in done.stdout, done.stderr


def test_a_child_that_hangs_in_a_handler_of_the_applications_costs_metrics_and_nothing_else(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + """
def post_fork(server, worker):
    import os, threading
    lock = threading.Lock()
    lock.acquire()
    os.register_at_fork(after_in_child=lock.acquire)
    from gunicorn_prometheus_exporter import engine_probe
    engine_probe.TIMEOUT = 0.5
""")
    assert [server.get("/") for _ in range(3)] == [200] * 3
    (line,) = off(server)
    assert "os.register_at_fork" in line
    assert server.log.count("Booting worker") == 1
    assert server.end() == 0


#: An application that makes every forked child hang before it runs code of this package.
HANGING = """
def post_fork(server, worker):
    import os, threading
    lock = threading.Lock()
    lock.acquire()
    os.register_at_fork(after_in_child=lock.acquire)
"""


def processes_of(environment):
    """Returns the pids of all processes that were started with this store."""
    mark = f"PROMETHEUS_MULTIPROC_DIR={environment['PROMETHEUS_MULTIPROC_DIR']}\0".encode()
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found


def children_of(pid):
    """Returns the pids of a process's children."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@pytest.mark.parametrize("worker_class", STOCK)
def test_a_child_that_hangs_for_longer_than_gunicorns_timeout_costs_no_worker(worker_class, start_worker, environment):
    # A worker of eventlet needs half a second before its first heartbeat, on a busy machine several.
    server = start_worker(worker_class, "--timeout", "4", conf=HANGING)
    wait_for(lambda: off(server), "the line")
    assert [server.get("/") for _ in range(3)] == [200] * 3
    (line,) = off(server)
    assert "os.register_at_fork" in line
    assert server.log.count("Booting worker") == 1 and "TIMEOUT" not in server.log
    (worker,) = server.workers()
    assert children_of(worker) == []
    assert server.end() == 0
    assert processes_of(environment) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT, signal.SIGQUIT], ids=["KILL", "ABRT", "QUIT"])
def test_a_worker_that_dies_while_it_waits_for_its_child_leaves_no_orphan(number, start_gunicorn, environment):
    server = start_gunicorn(conf=HOOKS + HANGING)
    (worker,) = server.workers()
    wait_for(lambda: children_of(worker), "the child")
    (child,) = children_of(worker)
    os.kill(worker, number)
    wait_for(lambda: not Path(f"/proc/{child}").exists(), "the end of the child")
    assert server.end() == 0
    wait_for(lambda: not processes_of(environment), "the end of all processes")


def test_an_executable_that_hangs_for_longer_than_gunicorns_timeout_costs_no_worker(start_gunicorn, tmp_path, environment):
    copy = tmp_path / "packages" / PACKAGE.name
    shutil.copytree(PACKAGE, copy)
    (copy / "bin" / "gunicorn-prometheus-exporter").write_text("#!/bin/sh\nexec sleep 100\n")
    environment.update(
        PYTHONPATH=os.pathsep.join([str(copy.parent), environment["PYTHONPATH"]]),
        GUNICORN_EXPORTER_CONFIG_FILE=str(tmp_path / "exporter.yml"))
    (tmp_path / "exporter.yml").write_text("")
    # Without hooks each worker runs the executable to read the file.
    server = start_gunicorn("--timeout", "4", conf=PROMETHEUS_WORKER + """
def post_fork(server, worker):
    from gunicorn_prometheus_exporter import executable
    executable.ANSWER_TIMEOUT = 6
""")
    wait_for(lambda: off(server), "the line")
    (line,) = off(server)
    assert "did not answer within 6 s" in line
    assert server.get("/") == 200
    assert server.log.count("Booting worker") == 1 and "TIMEOUT" not in server.log
    assert server.end() == 0
    assert processes_of(environment) == []


def test_a_limit_of_the_size_of_files_costs_metrics_and_nothing_else(start_gunicorn):
    server = start_gunicorn(launcher=limited("-f 16"))
    assert [server.get("/") for _ in range(3)] == [200] * 3
    (line,) = [line for line in server.log.splitlines() if "Metrics are off" in line]
    assert "File too large" in line
    assert server.log.count("Booting worker") == 1
    assert server.end() == 0


@pytest.mark.parametrize("limit, remedy", [
    ("resource.RLIMIT_AS, (space + (1 << 20),) * 2", "(ulimit -v)"),
    ("resource.RLIMIT_FSIZE, (16384, 16384)", "(ulimit -f)"),
    ("resource.RLIMIT_NOFILE, (len(os.listdir('/proc/self/fd')) + 1,) * 2", "(ulimit -n)"),
], ids=["address space", "size of files", "open files"])
def test_a_store_that_cannot_be_opened_names_the_limit(run_python, limit, remedy):
    done = run_python(f"""
import os, resource
from gunicorn_prometheus_exporter import _engine
os.makedirs(os.environ["PROMETHEUS_MULTIPROC_DIR"], 0o700)
space = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit({limit})
try:
    _engine.open(os.environ["PROMETHEUS_MULTIPROC_DIR"], "worker", False)
except Exception as error:
    print(error)
""")
    assert remedy in done.stdout, (done.stdout, done.stderr)
    assert "disk" not in done.stdout


def test_a_failed_start_is_not_tried_again_by_each_metric_of_the_application(start_gunicorn):
    server = start_gunicorn(conf=HOOKS + """
def post_fork(server, worker):
    from gunicorn_prometheus_exporter import engine_probe
    def obstacle():
        print("probed", flush=True)
        return "of the test"
    engine_probe.obstacle = obstacle
""")
    code = """
from gunicorn_prometheus_exporter.metrics import WorkerRequests, MetricsError
for _ in range(50):
    try:
        WorkerRequests().inc(worker_id="worker_1")
    except MetricsError as error:
        print(error)
"""
    assert server.request("POST", "/exec", code)[1].splitlines() == ["the engine cannot start: of the test"] * 50
    assert server.log.count("probed") == 1
    assert len(off(server)) == 1


def test_a_store_that_cannot_be_opened_is_not_tried_again_by_each_metric_of_the_application(run_python, tmp_path):
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    done = run_python("""
import os
from gunicorn_prometheus_exporter import engine
from gunicorn_prometheus_exporter.metrics import WorkerRequests, MetricsError
def address_space():
    return int(open("/proc/self/statm").read().split()[0])
os.mkdir(os.environ["PROMETHEUS_MULTIPROC_DIR"] + "/slots.lock")
messages, descriptors, space = set(), set(), set()
for _ in range(50):
    try:
        WorkerRequests().inc(worker_id="process_1")
    except MetricsError as error:
        messages.add(str(error))
    descriptors.add(len(os.listdir("/proc/self/fd")))
    space.add(address_space())
assert len(messages) == len(descriptors) == 1 and max(space) - min(space) < 1024, (messages, descriptors, space)
os.rmdir(os.environ["PROMETHEUS_MULTIPROC_DIR"] + "/slots.lock")
try:
    WorkerRequests().inc(worker_id="process_1")
except MetricsError:
    print("remembered")
engine.time.monotonic = lambda: engine._failure.retry_at
WorkerRequests().inc(worker_id="process_1")
print("tried again")
""", PROMETHEUS_MULTIPROC_DIR=str(store), MALLOC_ARENA_MAX="1")  # The runtime's thread gets 64 MiB of its own at some moment.
    assert done.stdout.split("\n")[:2] == ["remembered", "tried again"], done.stderr

"""A master leaves the stacks of a worker that it gives up in the slot's stack file, and trusts nothing that the worker says."""

import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from live_gunicorn import HOOKS, PYTHON, wait_for
from stack_signals import Block, blocks, caught, signal_of, stack_file
from worker_classes import ALL, OURS

FIRST = signal.SIGRTMIN + 5

#: An exporter would empty the file, so the master starts none.
WITHOUT_EXPORTER = HOOKS + """
from gunicorn_prometheus_exporter.exporter_process import ExporterProcess
ExporterProcess.tend = lambda self: None
"""
GIVEN_UP = "WORKER TIMEOUT"

#: Holds the interpreter's lock for hours.
REGEX = """
import re
def spin():
    re.match("(a+)+$", "a" * 64 + "b")
def caller():
    spin()
caller()
"""


@pytest.fixture
def store(environment) -> Path:
    return Path(environment["PROMETHEUS_MULTIPROC_DIR"])


def hang(server, path="/block/20", body=None):
    """Sends a request that takes longer than the timeout. Returns when the worker is gone."""
    # A busy machine may take longer than the timeout to start a worker.
    assert server.get("/") == 200
    (worker,) = server.workers()
    hanging = threading.Thread(target=server.request, args=("POST" if body else "GET", path, body))
    hanging.start()
    wait_for(lambda: f"{GIVEN_UP} (pid:{worker})" in server.log, "the timeout")
    hanging.join()
    wait_for(lambda: not Path(f"/proc/{worker}").exists() and server.workers(), "another worker")
    assert "a recording failed" not in server.log
    return worker


def whole(store, worker):
    """Returns the stacks that are one stack each, and checks that there is one of the main thread."""
    # A thread that starts has no frame yet.
    found = [block for block in blocks(stack_file(store)) if block.headers == 1 and block.frames]
    assert {block.pid for block in found} == {worker} and worker in {block.thread for block in found}, stack_file(store).read_text()
    return found


@pytest.mark.parametrize("name", OURS)
def test_a_timeout_leaves_the_line_that_hangs(start_gunicorn, need, store, name):
    need(ALL[name].module)
    server = start_gunicorn(
        # A worker of eventlet needs half a second before its first heartbeat, on a busy machine several.
        "--timeout", "4", "--graceful-timeout", "1", conf=WITHOUT_EXPORTER + ALL[name].conf, app=ALL[name].app)
    # A thread that waits does not stop the heartbeat of gthread's main thread; one that keeps the interpreter's lock does.
    is_threaded = name == "PrometheusThreadWorker"
    worker = hang(server, *(["/exec", REGEX] if is_threaded else []))
    found = whole(store, worker)
    if is_threaded:
        assert [block.functions("<posted>") for block in found if block.functions("<posted>")] == [["spin", "caller", "<module>"]]
        assert len(found) > 1
    else:
        (main,) = [block for block in found if block.thread == worker]
        assert main.functions("/app.py")[0] == "block"
        if ALL[name].app == "app:app":
            assert main.functions("/app.py")[1] == "app"


def test_a_timeout_leaves_its_stack_when_the_exporter_serves(start_gunicorn, store):
    server = start_gunicorn("--timeout", "4")
    server.wait_until_served()
    (exporter,) = server.exporters()
    # It reads the file once a second.
    os.kill(exporter, signal.SIGSTOP)
    try:
        worker = hang(server, "/exec", REGEX)
        (main,) = whole(store, worker)
        assert main.functions("<posted>") == ["spin", "caller", "<module>"]
    finally:
        os.kill(exporter, signal.SIGCONT)


def test_the_main_thread_leaves_its_stack_where_Python_cannot_call_the_C_library(start_gunicorn, store):
    # The application itself needs it.
    conf = WITHOUT_EXPORTER + """
import sys
sys.modules["ctypes"] = None
def post_fork(server, worker):
    del sys.modules["ctypes"]
worker_class = "gthread"
threads = 2
"""
    worker = hang(start_gunicorn("--timeout", "4", conf=conf), "/exec", REGEX)
    whole(store, worker)
    assert [block.thread for block in blocks(stack_file(store))] == [worker]


def test_a_master_of_root_writes_to_the_file_of_the_workers_user(start_gunicorn, public_directory):
    if os.geteuid() != 0:
        pytest.skip("only root can start Gunicorn for another user")
    if subprocess.run([*PYTHON, "-c", "import os; os.setuid(65534); import ctypes"], check=False).returncode:
        pytest.skip("this Python is not readable for other users")
    store = public_directory / "store"
    server = start_gunicorn(
        "-u", "nobody", "-g", "nogroup", "--timeout", "4", conf=WITHOUT_EXPORTER, variables={"PROMETHEUS_MULTIPROC_DIR": str(store)})
    worker = hang(server, "/exec", REGEX)
    (main,) = whole(store, worker)
    assert main.functions("<posted>") == ["spin", "caller", "<module>"]
    assert stack_file(store).stat().st_uid == store.stat().st_uid != 0


def test_without_the_setting_a_timeout_leaves_nothing(start_gunicorn, store):
    server = start_gunicorn("--timeout", "4", conf=WITHOUT_EXPORTER, variables={"GUNICORN_EXPORTER_STACKS": "false"})
    hang(server)
    assert not stack_file(store).exists()


#: What a hostile worker does, as code that it runs, before it hangs. ``stage`` is what it shares with its master.
HOSTILE = {
    "a link": "os.unlink(path); os.symlink(outside, path)",
    "a hard link": "os.unlink(path); os.link(outside, path)",
    "a FIFO": "os.unlink(path); os.mkfifo(path)",
    "a directory": "os.unlink(path); os.mkdir(path)",
    "no file": "os.unlink(path)",
    "a giant": "os.truncate(path, 1 << 40)",
    "a signal that ends it": "stage._memory[1] = signal.SIGKILL",
    "a signal without a handler": "stage._memory[1] = signal.SIGRTMAX",
    "a signal that is none": "stage._memory[1] = 255",
    "a slot that is none": "stage._memory[4:8] = b'\\0' * 4",
    "a slot beyond all": "stage._memory[4:8] = b'\\xff' * 4",
    "the slot of a file that is none": "stage._memory[4:8] = b'\\x07\\0\\0\\0'",
    "blocked signals": f"signal.pthread_sigmask(signal.SIG_BLOCK, [{FIRST}])",
    "a locked file": "import fcntl, struct; file = open(path, 'r+'); "
                     "fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack('hhqqi4x', 1, 0, 0, 1, 0))",
    "a file that grows": f"""
signal.signal({FIRST}, lambda number, frame: None)
def grow():
    while True:
        os.write(other, b"x" * 4096)
other = os.open(path, os.O_WRONLY | os.O_APPEND)
for _ in range(2):
    threading.Thread(target=grow, daemon=True).start()
""",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_worker_is_given_up_all_the_same(start_gunicorn, store, tmp_path, name):
    server = start_gunicorn("--timeout", "4", conf=WITHOUT_EXPORTER)
    (worker,) = server.workers()
    wait_for(lambda: signal_of(store, worker) == FIRST and FIRST in caught(worker), "the handler")
    outside = tmp_path / "outside"
    outside.write_text("the operator's own\n")
    code = f"""
import gc, os, signal, threading, time
from gunicorn_prometheus_exporter.worker_stage import SharedStage
path, outside = {str(stack_file(store))!r}, {str(outside)!r}
(stage,) = [thing for thing in gc.get_objects() if isinstance(thing, SharedStage)]
{HOSTILE[name]}
time.sleep(30)
"""
    hanging = threading.Thread(target=server.request, args=("POST", "/exec", code))
    hanging.start()
    wait_for(lambda: not Path(f"/proc/{worker}").exists() and server.workers(), "another worker")
    hanging.join()
    assert server.log.count(GIVEN_UP) == 1
    # Gunicorn 22 and later logs the exception by which it ends the request.
    assert server.log.count("Traceback") == server.log.count("Error handling request")
    assert outside.read_text() == "the operator's own\n"
    assert server.get("/") == 200


def test_many_threads_do_not_hold_the_master_up(start_gunicorn, store):
    conf = WITHOUT_EXPORTER + "worker_class = 'gthread'\nthreads = 2\n"
    code = f"""
import threading, time
for _ in range(100):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
{REGEX}"""
    server = start_gunicorn("--timeout", "4", conf=conf)
    # On a busy machine not every thread answers in its share of the time, and once perhaps only the worker's own.
    for _ in range(3):
        worker = hang(server, "/exec", code)
        asked = [block.thread for block in blocks(stack_file(store)) if block.pid == worker]
        assert asked[0] == worker and len(asked) == len(set(asked)) <= 64
        if len(asked) > 1:
            break
    assert len(asked) > 1


def test_a_block_is_read_as_one_stack(tmp_path):
    (tmp_path / "file").write_text('thread 7 8 1.250\nStack (most recent call first):\n  File "a.py", line 3 in f\n')
    assert blocks(tmp_path / "file") == [Block(7, 8, 1.25, 1, [("a.py", 3, "f")])]

"""A worker's handler writes the stack of the thread that receives its signal, and stands only where it is the worker's own."""

import os
import signal
import stat
import threading
import time
from pathlib import Path

import pytest

from live_gunicorn import PROMETHEUS_WORKER, wait_for
from stack_signals import caught, flight, send, signal_of, stack_file, threads
from worker_classes import ALL, OURS

FIRST = signal.SIGRTMIN + 5

OFF = "Stacks of this worker are off"


#: Without hooks there is no exporter, which would empty the stack file.
ALONE = PROMETHEUS_WORKER


@pytest.fixture
def store(environment) -> Path:
    return Path(environment["PROMETHEUS_MULTIPROC_DIR"])


def settle(store, server, number=FIRST):
    """Waits until the only worker's flight file has the signal. Returns the worker's pid."""
    wait_for(lambda: (now := server.workers()) and signal_of(store, now[0]) == number, f"signal {number} in the flight file")
    (worker,) = server.workers()
    return worker


def stack_of(store, pid, thread, number):
    """Asks a thread for its stack. Returns the functions, innermost first."""
    before = stack_file(store).stat().st_size
    assert send(pid, thread, number)
    last = ""

    def is_written():
        nonlocal last
        earlier, last = last, stack_file(store).read_text()[before:]
        return earlier == last and "\n  File" in last

    wait_for(is_written, "the stack")
    return [line.rpartition(" in ")[2] for line in last.splitlines() if line.startswith("  File")]


def run(server, code):
    status, text = server.request("POST", "/exec", code)
    assert status == 200, text
    return text


@pytest.mark.parametrize("name", OURS)
def test_the_handler_stands_in_every_worker_class(start_gunicorn, need, store, name):
    need(ALL[name].module)
    server = start_gunicorn("--timeout", "41", conf=ALL[name].conf, app=ALL[name].app)
    worker = settle(store, server)
    assert flight(store, worker) == (FIRST, 41.0)
    assert FIRST in caught(worker)
    status = stack_file(store).stat()
    assert (stat.S_IMODE(status.st_mode), status.st_nlink) == (0o600, 1)
    assert stack_of(store, worker, worker, FIRST)
    for thread in threads(worker, FIRST):
        assert send(worker, thread, FIRST)
    assert server.get("/") == 200
    assert server.workers() == [worker]
    assert OFF not in server.log


def test_without_the_setting_there_is_no_handler_and_no_file(start_gunicorn, store):
    server = start_gunicorn("--timeout", "41", variables={"GUNICORN_EXPORTER_STACKS": "off"})
    assert server.get("/") == 200
    (worker,) = server.workers()
    assert flight(store, worker) == (0, 41.0)
    assert FIRST not in caught(worker)
    assert not stack_file(store).exists()


def test_the_setting_of_the_configuration_file_reaches_the_workers(start_gunicorn, store, tmp_path):
    (tmp_path / "exporter.yml").write_text("exporter: {stacks: {enabled: false}}\n")
    server = start_gunicorn(variables={"GUNICORN_EXPORTER_CONFIG_FILE": str(tmp_path / "exporter.yml")})
    assert server.get("/") == 200
    (worker,) = server.workers()
    assert FIRST not in caught(worker)


def test_a_signal_that_the_application_uses_is_not_taken(start_gunicorn, store):
    conf = ALONE + f"""
import signal
def post_worker_init(worker):
    signal.signal({FIRST}, lambda number, frame: None)
    signal.signal({FIRST + 1}, signal.SIG_IGN)
"""
    server = start_gunicorn(conf=conf)
    worker = settle(store, server, FIRST + 2)
    wait_for(lambda: "run_for_one" in stack_of(store, worker, worker, FIRST + 2), "a stack of the worker that serves")
    assert OFF not in server.log


def test_a_signal_that_the_application_takes_later_is_left_to_it(start_gunicorn, store):
    server = start_gunicorn(conf=ALONE)
    worker = settle(store, server)
    run(server, f"import signal; seen = []; signal.seen = seen; signal.signal({FIRST}, lambda number, frame: seen.append(number))")
    # An idle sync worker has a heartbeat in half of its timeout, a busy one for each request.
    wait_for(lambda: server.get("/") and signal_of(store, worker) == FIRST + 1, "another signal")
    os.kill(worker, FIRST)
    wait_for(lambda: run(server, "import signal; print(len(signal.seen))") == "1\n", "the application's handler")
    wait_for(lambda: "run_for_one" in stack_of(store, worker, worker, FIRST + 1), "the whole stack")
    line = f"the signal of stacks was taken away: signal={FIRST} new_signal={FIRST + 1}"
    wait_for(lambda: line in server.log, "the line")
    assert server.log.count(line) == 1
    assert server.workers() == [worker]


def test_a_signal_with_its_default_action_is_announced_no_longer(start_gunicorn, store):
    server = start_gunicorn(conf=ALONE)
    worker = settle(store, server)
    run(server, f"import signal; signal.signal({FIRST}, signal.SIG_DFL)")
    wait_for(lambda: server.get("/") and signal_of(store, worker) == FIRST + 1, "another signal")
    assert {FIRST, FIRST + 1} & caught(worker) == {FIRST + 1}


def test_an_application_that_takes_every_signal_has_no_stacks(start_gunicorn, store):
    server = start_gunicorn(conf=ALONE)
    worker = settle(store, server)
    run(server, "import signal\nfor number in range(signal.SIGRTMIN + 5, signal.SIGRTMAX + 1): signal.signal(number, signal.SIG_IGN)")
    wait_for(lambda: server.get("/") and signal_of(store, worker) == 0, "no signal")
    wait_for(lambda: OFF in server.log, "the line")
    assert server.log.count(OFF) == 1


def test_a_signal_after_the_handler_is_gone_ends_no_worker(start_gunicorn, store):
    server = start_gunicorn(conf=ALONE)
    worker = settle(store, server)
    # As the interpreter does when it exits, while the worker still holds its slot.
    run(server, "import faulthandler, os; faulthandler.unregister(" + str(FIRST) + f"); os.kill(os.getpid(), {FIRST})")
    assert server.get("/") == 200
    assert server.workers() == [worker]


@pytest.mark.parametrize("loss", ["closed", "removed"])
def test_a_file_that_the_application_closes_or_removes_is_written_no_longer(start_gunicorn, store, tmp_path, loss):
    server = start_gunicorn(conf=ALONE)
    worker = settle(store, server)
    if loss == "removed":
        stack_file(store).unlink()
    else:
        # The number of the closed descriptor becomes another file's.
        run(server, f"""
import os
for name in os.listdir("/proc/self/fd"):
    try:
        if os.readlink("/proc/self/fd/" + name).endswith("stacks_worker-1.txt"):
            other = os.open({str(tmp_path / "other")!r}, os.O_WRONLY | os.O_CREAT)
            os.dup2(other, int(name))
    except FileNotFoundError:
        pass
""")
    line = "the file of stacks was taken away"
    wait_for(lambda: server.get("/") and line in server.log, "the line")
    wait_for(lambda: signal_of(store, worker) == FIRST, "the signal")
    wait_for(lambda: "run_for_one" in stack_of(store, worker, worker, FIRST), "the whole stack")
    assert loss == "removed" or (tmp_path / "other").read_text() == ""
    assert server.log.count(line) == 1


#: Whether a process has a handler for the signal, or ignores it.
STATE = f"""
def state():
    lines = open("/proc/self/status").read().splitlines()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigCgt:", "SigIgn:"))]
    return int(any(mask >> {FIRST - 1} & 1 for mask in masks))
"""

CHILDREN = {
    "fork": """
import os
readable, writable = os.pipe()
pid = os.fork()
if pid == 0:
    os.write(writable, str(state()).encode())
    os._exit(0)
os.waitpid(pid, 0)
print(os.read(readable, 10).decode())
""",
    "fork in a child": """
import os
readable, writable = os.pipe()
pid = os.fork()
if pid == 0:
    child = os.fork()
    if child == 0:
        os.write(writable, str(state()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os._exit(0)
os.waitpid(pid, 0)
print(os.read(readable, 10).decode())
""",
    "fork in a thread": """
import os, threading
readable, writable = os.pipe()
def fork():
    pid = os.fork()
    if pid == 0:
        os.write(writable, str(state()).encode())
        os._exit(0)
    os.waitpid(pid, 0)
thread = threading.Thread(target=fork)
thread.start()
thread.join()
print(os.read(readable, 10).decode())
""",
    "multiprocessing": """
import multiprocessing
context = multiprocessing.get_context("fork")
queue = context.SimpleQueue()
process = context.Process(target=lambda: queue.put(state()))
process.start()
process.join()
print(queue.get())
""",
    "multiprocessing by spawn": """
import multiprocessing, own_state, sys
# The child would start another Gunicorn.
del sys.modules["__main__"].__file__
context = multiprocessing.get_context("spawn")
with context.Pool(1) as pool:
    print(pool.apply(own_state.state))
""",
    "subprocess": """
import subprocess, sys
print(subprocess.run([sys.executable, "-c", "import own_state; print(own_state.state())"], capture_output=True, text=True).stdout)
""",
    "exec": """
import os, sys
readable, writable = os.pipe()
pid = os.fork()
if pid == 0:
    os.dup2(writable, 1)
    os.execv(sys.executable, [sys.executable, "-c", "import own_state; print(own_state.state())"])
os.waitpid(pid, 0)
print(os.read(readable, 10).decode())
""",
}


@pytest.mark.parametrize("way", CHILDREN)
def test_a_child_of_the_application_has_no_handler(start_gunicorn, store, way):
    server = start_gunicorn(conf=ALONE)
    folder = server.conf.parent
    (folder / "own_state.py").write_text(STATE)
    worker = settle(store, server)
    assert run(server, "import sys; sys.path.insert(0, '.'); import os; os.environ['PYTHONPATH'] += ':.'\n" + STATE + "print(state())") == "1\n"
    # Where the parent is asked while it forks, too.
    assert run(server, STATE + CHILDREN[way]).strip() == "0"
    assert signal_of(store, worker) == FIRST
    wait_for(lambda: "run_for_one" in stack_of(store, worker, worker, FIRST), "the whole stack")


def test_a_child_leaves_a_handler_of_the_application_alone(start_gunicorn, store):
    server = start_gunicorn(conf=ALONE)
    settle(store, server)
    taken = f"import signal; signal.signal({FIRST}, lambda number, frame: None)\n"
    assert run(server, taken + STATE + CHILDREN["fork"]).strip() == "1"


#: The C library's error number tells CPython that a lock is held by another thread.
TRIES = """
import os, threading
lock = threading.Lock()
lock.acquire()
taken = 0
while not os.path.exists({done!r}):
    for _ in range(10_000):
        taken += lock.acquire(False)
print("taken:", taken)
"""


def test_a_signal_changes_no_error_number_of_what_it_interrupts(start_gunicorn, store, tmp_path):
    server = start_gunicorn(conf=ALONE)
    worker = settle(store, server)
    done = tmp_path / "done"
    answers = []
    thread = threading.Thread(target=lambda: answers.append(run(server, TRIES.format(done=str(done)))))
    thread.start()
    # The request must end before the timeouts of the client and of Gunicorn.
    end = time.monotonic() + 10
    for _ in range(3000):
        assert send(worker, worker, FIRST)
        time.sleep(0.001)
        if time.monotonic() > end:
            break
    done.touch()
    thread.join()
    assert answers == ["taken: 0\n"]
    assert stack_file(store).stat().st_size > 0


def test_a_fault_in_the_handler_ends_stacks_and_no_worker(start_gunicorn, store):
    # A handler that reads what is no memory, in the place of CPython's.
    conf = ALONE + """
import ctypes, faulthandler
def register(number, **_):
    libc = ctypes.CDLL(None)
    libc.signal.argtypes = [ctypes.c_int, ctypes.c_void_p]
    libc.signal(number, ctypes.cast(libc.strlen, ctypes.c_void_p))
faulthandler.register = register
"""
    server = start_gunicorn(conf=conf)
    worker = settle(store, server)
    for _ in range(10):
        assert send(worker, worker, FIRST)
    assert server.get("/") == 200
    line = "Stacks of this worker are off: one ended in a fault"
    wait_for(lambda: server.get("/") == 200 and signal_of(store, worker) == 0 and line in server.log, "no signal")
    assert server.log.count(line) == 1
    assert server.workers() == [worker]
    # A fault of anybody else still ends the process.
    server.request("POST", "/exec", "import ctypes; ctypes.string_at(0)")
    wait_for(lambda: server.workers() not in ([], [worker]), "another worker")
    assert "signal 11" in server.log or "SIGSEGV" in server.log

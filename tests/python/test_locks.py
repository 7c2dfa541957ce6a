"""The locks that mark live processes last exactly as long as the processes, whatever their code does."""

import os
import platform
import signal

import pytest

from live_gunicorn import HOOKS, wait_for

#: Reads every file of the store, as a file listing or a backup does, which drops every POSIX lock of its process.
TOUCH = """
import os
store = os.environ["PROMETHEUS_MULTIPROC_DIR"]
for name in os.listdir(store):
    if not name.endswith(".sock"):
        open(os.path.join(store, name), "rb").close()
print(os.getpid())
"""

SLEEPING_CHILD = """
import ctypes, os
pid = {fork}
if pid == 0:
    ctypes.CDLL(None).pause()
    os._exit(0)
print(pid)
"""

#: Makes fcntl fail with EINVAL for locks of open file descriptions, like a kernel without them.
NO_DESCRIPTION_LOCKS = """
import ctypes, struct
def allow(code, jt, jf, k):
    return struct.pack("HBBI", code, jt, jf, k)
LOAD, EQUAL, AT_LEAST, GREATER, RETURN = 0x20, 0x15, 0x35, 0x25, 0x06
program = b"".join((
    allow(LOAD, 0, 0, 0), allow(EQUAL, 0, 4, 72),
    allow(LOAD, 0, 0, 24), allow(AT_LEAST, 0, 2, 36), allow(GREATER, 1, 0, 38),
    allow(RETURN, 0, 0, 0x00050000 | 22), allow(RETURN, 0, 0, 0x7FFF0000),
))
buffer = ctypes.create_string_buffer(program, len(program))
filter = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer)), 16)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(filter)) == 0, ctypes.get_errno()
import fcntl
try:
    fcntl.fcntl(0, fcntl.F_OFD_GETLK, struct.pack("hhqqi4x", 1, 0, 0, 1, 0))
except OSError as error:
    assert error.errno == 22
else:
    raise SystemExit("the filter filters nothing")
"""


def test_code_that_opens_and_closes_the_files_of_the_store_frees_no_slot_and_loses_no_request(start_gunicorn, tmp_path):
    # A worker has a thread for every held connection and one more.
    server = start_gunicorn("-w", "2", "-k", "gthread", "--threads", "5")
    release = tmp_path / "release"
    body = str(release).encode()
    held = [
        server.connect(b"POST /until HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        for _ in range(4)
    ]
    touched: set[int] = set()
    touches = 0

    def touch() -> bool:
        nonlocal touches
        touches += 1
        touched.add(int(server.request("POST", "/exec", TOUCH)[1]))
        return len(touched) == 2

    wait_for(touch, "both workers to open the files")
    server.signal(signal.SIGTTIN)
    wait_for(lambda: len(server.metrics().by("gunicorn_worker_info", "worker_id")) == 3, "three workers with a slot each")
    for _ in range(100):
        assert server.get("/") == 200
    release.touch()
    for connection in held:
        assert connection.makefile("rb").readline().split()[1] == b"200"
        connection.close()
    metrics = server.metrics(requests=104 + touches)
    assert metrics.value("gunicorn_worker_requests_total") == 104 + touches
    assert metrics.value("gunicorn_worker_requests_lost_total") == 0
    assert "was lost" not in server.log


def test_code_that_opens_and_closes_the_files_in_the_master_does_not_free_its_slot(start_gunicorn, environment):
    store = environment["PROMETHEUS_MULTIPROC_DIR"]
    code = TOUCH.replace("\n", "\n    ").replace("print(os.getpid())", "")
    server = start_gunicorn(conf=HOOKS + f"def pre_fork(server, worker):{code}\n")
    assert server.get("/") == 200
    assert os.path.exists(f"{store}/master-1.run")
    start_gunicorn()
    assert os.path.exists(f"{store}/master-2.run")
    assert server.metrics(requests=1).value("gunicorn_worker_requests_total") >= 1


@pytest.mark.parametrize("fork", ["os.fork()", "ctypes.CDLL(None).fork()"])
def test_a_child_that_outlives_its_worker_does_not_hold_the_workers_slot(start_gunicorn, fork):
    server = start_gunicorn()
    status, text = server.request("POST", "/exec", SLEEPING_CHILD.format(fork=fork))
    assert status == 200
    child = int(text)
    try:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: server.workers() not in ([], [worker]), "another worker")
        wait_for(lambda: server.get("/") == 200, "an answer")
        assert os.path.exists(f"/proc/{child}")
        assert set(server.metrics(requests=2).by("gunicorn_worker_requests_total", "worker_id")) == {"worker_1"}
    finally:
        os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter knows the number of fcntl on x86-64 only")
def test_a_kernel_without_locks_of_descriptions_counts_all_the_same(start_gunicorn):
    server = start_gunicorn("-w", "2", conf=HOOKS + NO_DESCRIPTION_LOCKS)
    for _ in range(10):
        assert server.get("/") == 200
    assert server.metrics(requests=10).value("gunicorn_worker_requests_total") == 10
    worker = server.workers()[0]
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: len(now := server.workers()) == 2 and worker not in now, "another worker")
    wait_for(lambda: server.metrics().value("gunicorn_workers", state="live") == 2, "two live workers")
    assert set(server.metrics(requests=10).by("gunicorn_worker_requests_total", "worker_id")) <= {"worker_1", "worker_2"}


def test_an_application_that_closes_our_descriptors_gets_nothing_written_into_the_files_that_take_their_numbers(
        start_gunicorn, tmp_path):
    server = start_gunicorn()
    status, text = server.request("POST", "/exec", f"""
import os
store = os.environ["PROMETHEUS_MULTIPROC_DIR"]
closed = 0
for name in os.listdir("/proc/self/fd"):
    try:
        if os.readlink("/proc/self/fd/" + name).startswith(store):
            os.close(int(name))
            closed += 1
    except OSError:
        pass
for number in range(closed + 8):
    os.open({str(tmp_path)!r} + "/mine-%d" % number, os.O_RDWR | os.O_CREAT)
print(closed)
""")
    assert status == 200
    assert int(text) > 0
    for number in range(150):
        assert server.get(f"/{'abcdefghij'[number % 10]}{'klmnopqrstuvwxyz'[number // 10]}") == 200
    assert server.metrics(requests=151).value("gunicorn_worker_requests_total") == 151
    assert {path.stat().st_size for path in tmp_path.glob("mine-*")} == {0}

"""A worker is killed at any instruction of a request, and the request is counted once: as finished, or as lost.

The test steps the worker through ``request_finished`` with ptrace. KILL_SEED selects the instructions, KILLS their number.
"""

import contextlib
import ctypes
import errno
import http.client
import json
import mmap
import os
import random
import signal
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pytest

from exposition import Exposition
from live_gunicorn import free_port, wait_for

SEED = int(os.environ.get("KILL_SEED", "1"))
KILLS = int(os.environ.get("KILLS", "32"))

#: Kills that run side by side, because each waits for an exporter.
AT_A_TIME = 8

#: Instructions before the commit and after the end of its work in which kills are tried too.
MARGIN = 250

EXECUTABLE = Path(__file__).resolve().parents[2] / "out" / "gunicorn-prometheus-exporter"

CONTINUE, SINGLE_STEP = 7, 9
ANY_THREAD = 0x40000000

#: An entry of the auxiliary vector that says nothing, and the one that says where the vDSO is.
IGNORED, VDSO = 1, 33

#: The place of the counts of committed and of applied records in a flight file.
PROGRESS = struct.Struct("<16x2i")

#: Starts a worker that stops before its first instruction. Its exit status says why it cannot.
TRACED = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace(0, 0, None, None) == 0 or os._exit(ctypes.get_errno())
os.execv(sys.executable, [sys.executable, "-c", *sys.argv[1:]])
"""

WORKER = """
import os, signal, sys
from gunicorn_prometheus_exporter import _engine as engine
engine.open(sys.argv[1], "worker", True)
for i in range(2):
    token = engine.request_started("GET", "/x", [])
    engine.request_responding(token, 500, [])
    if i == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    engine.request_finished(token, 500, 12)
os._exit(0)
"""


class SteppedWorker:
    """A worker that runs instruction by instruction from just before it finishes its second request."""

    def __init__(self, store: Path, environment: dict[str, str]) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        store.mkdir()
        # Makes each run execute the same instructions.
        environment = {**environment, "PYTHONHASHSEED": "0"}
        self._process = subprocess.Popen([sys.executable, "-c", TRACED, WORKER, str(store)], env=environment)
        self.pid = self._process.pid
        status = os.waitpid(self.pid, ANY_THREAD)[1]
        if os.WIFEXITED(status):
            error = self._process.returncode = os.WEXITSTATUS(status)
            if error in (errno.EPERM, errno.ENOSYS):
                pytest.skip(f"processes may not be traced here: {os.strerror(error)}")
            raise OSError(error, os.strerror(error))
        self._hide_vdso()
        while os.WSTOPSIG(status) != signal.SIGSTOP:
            self._trace(CONTINUE)
            status = os.waitpid(self.pid, ANY_THREAD)[1]
        (flight,) = store.glob("flight_*")
        with flight.open("rb") as file:
            self._flight = mmap.mmap(file.fileno(), PROGRESS.size, prot=mmap.PROT_READ)

    def _hide_vdso(self) -> None:
        """Makes the worker ask the kernel for the time.

        The vDSO reads the clock again if the kernel sets it meanwhile, every few milliseconds: on a slow machine, instruction by
        instruction, for ever.
        """
        vector = Path(f"/proc/{self.pid}/auxv").read_bytes()
        types = [key for key, _ in struct.iter_unpack("@2L", vector)]
        if VDSO not in types:
            return
        with open(f"/proc/{self.pid}/mem", "r+b", buffering=0) as memory:
            stack = int(Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[25])
            memory.seek(stack)
            # A process begins with its arguments, its environment and this vector on its stack.
            place = memory.read(1 << 20).index(vector) + types.index(VDSO) * struct.calcsize("@2L")
            memory.seek(stack + place)
            memory.write(struct.pack("@L", IGNORED))

    def progress(self) -> tuple[int, int]:
        return PROGRESS.unpack(self._flight)

    def step(self) -> bool:
        """Runs one instruction. Returns whether there are more."""
        self._trace(SINGLE_STEP)
        return os.WIFSTOPPED(os.waitpid(self.pid, ANY_THREAD)[1])

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            while not os.WIFSIGNALED(os.waitpid(self.pid, ANY_THREAD)[1]):
                pass
        self._process.returncode = -signal.SIGKILL

    def _trace(self, request: int) -> None:
        if self._libc.ptrace(request, self.pid, None, None) != 0:
            error = ctypes.get_errno()
            self.kill()
            raise OSError(error, os.strerror(error))


@contextlib.contextmanager
def exporter(store: Path, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    command = [str(EXECUTABLE), "serve", "--multiproc-dir", str(store), "--web.listen-address", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield port
        finally:
            process.kill()


def accounts(store: Path, environment: dict[str, str]) -> Exposition:
    """Returns the exporter's metrics after it has accounted for every death."""
    def scrape() -> Exposition:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/metrics")
            return Exposition(connection.getresponse().read().decode())

    def is_done() -> bool:
        with contextlib.suppress(OSError):
            scrape()
        return not list(store.glob("flight_*"))

    with exporter(store, environment) as port:
        wait_for(is_done, "the accounts")
        return scrape()


def succeed(store: Path, environment: dict[str, str]) -> None:
    """Starts another worker, which takes the slot."""
    code = "import sys; from gunicorn_prometheus_exporter import _engine as e; e.open(sys.argv[1], 'worker', True)"
    subprocess.run([sys.executable, "-c", code, str(store)], env=environment, check=True)


@pytest.fixture
def window(tmp_path: Path, environment: dict[str, str]) -> tuple[int, int, int]:
    """The numbers of instructions after which the request is committed, the commit is applied, and the worker exits."""
    worker = SteppedWorker(tmp_path / "measured", environment)
    committed = applied = steps = 0
    try:
        (before, _) = worker.progress()
        while worker.step():
            steps += 1
            progress = worker.progress()
            committed = committed or (progress[0] > before and steps)
            applied = applied or (progress[1] > before and steps)
    finally:
        worker.kill()
    assert 0 < committed < applied < steps
    return committed, applied, steps


def is_lost_if_killed(store: Path, environment: dict[str, str], steps: int, has_successor: bool) -> bool:
    """Kills a worker after so many instructions, and checks every count. Returns whether its request is lost."""
    worker = SteppedWorker(store, environment)
    try:
        for _ in range(steps):
            if not worker.step():
                break
    finally:
        worker.kill()
    exit_ = {"pid": worker.pid, "reason": "signal", "monotonic": time.monotonic()}
    (store / "master-1.exits").write_text(json.dumps(exit_) + "\n")
    if has_successor:
        succeed(store, environment)
    metrics = accounts(store, environment)

    where = f"killed after {steps} instructions"
    is_lost = metrics.total("gunicorn_worker_requests_lost_total") == 1
    for family in ("gunicorn_worker_requests_total", "gunicorn_http_requests_total", "gunicorn_worker_failed_requests_total"):
        assert metrics.total(family) == 2, where
    observed = 1 if is_lost else 2
    for family in ("gunicorn_worker_request_duration_seconds", "gunicorn_http_request_duration_seconds",
                   "gunicorn_worker_response_size_bytes", "gunicorn_worker_request_size_bytes"):
        assert metrics.total(family + "_count") == observed, where
    assert metrics.total("gunicorn_worker_response_size_bytes_sum") == 12 * observed, where
    return is_lost


def test_a_request_is_counted_once_at_whatever_instruction_its_worker_is_killed(window, tmp_path, environment):
    committed, applied, end = window
    print(f"KILL_SEED={SEED} KILLS={KILLS}; committed after {committed} instructions, applied after {applied}, of {end}")
    chance = random.Random(SEED)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        kills = []
        for kill in range(KILLS):
            anywhere = kill % 4 == 0
            steps = chance.randrange(end) if anywhere else chance.randrange(committed - MARGIN, applied + MARGIN)
            kills.append(pool.submit(is_lost_if_killed, tmp_path / str(kill), environment, steps, chance.randrange(2) == 1))
    assert {kill.result() for kill in kills} == {False, True}

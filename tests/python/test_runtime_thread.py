"""The thread of the engine's runtime leaves the worker's signals to the worker."""

import signal
from pathlib import Path

#: Signals that a thread raises by a fault. If they were blocked, the kernel would kill the process.
FAULTS = {signal.SIGILL, signal.SIGTRAP, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV}


def runtime_threads(pid: int) -> "list[Path]":
    """Returns the /proc folders of the threads that Python did not start."""
    return [task for task in Path(f"/proc/{pid}/task").iterdir() if (task / "comm").read_text().startswith(".NET")]


def blocked(thread: Path) -> "set[int]":
    """Returns the signals that a thread blocks."""
    (mask,) = [line.split()[1] for line in (thread / "status").read_text().splitlines() if line.startswith("SigBlk:")]
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}


def test_it_takes_none_of_the_workers_signals(start_worker):
    server = start_worker("PrometheusWorker")
    assert server.get("/") == 200
    (worker,) = server.workers()
    threads = runtime_threads(worker)
    assert threads
    for thread in threads:
        ours = set(range(1, signal.SIGSYS + 1)) - {signal.SIGKILL, signal.SIGSTOP}
        assert ours & blocked(thread) == ours - FAULTS
    assert server.get("/") == 200

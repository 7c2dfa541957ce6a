"""What a stack costs the worker's thread that writes it: the time of faulthandler's handler, by depth and by file system."""

import faulthandler
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from typing import Callable

import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "out", "python"))

from gunicorn_prometheus_exporter import stack_file  # noqa: E402

DEPTHS = (10, 60, 100)
ROUNDS = 300
PER_ROUND = 10

#: The first has the worker's handler. The kernel discards the other.
HANDLED, IGNORED = signal.SIGRTMIN + 5, signal.SIGRTMIN + 6


def below(frames: int, act: Callable[[], list[list[float]]]) -> list[list[float]]:
    """Calls a function with so many frames on the stack."""
    return act() if frames <= 1 else below(frames - 1, act)


def microseconds(descriptor: int) -> list[list[float]]:
    """Sends signals to this thread in turns. Returns the times of the handled one, and twice those of the ignored one."""
    this = threading.get_ident()
    found: list[list[float]] = [[], [], []]
    for _ in range(ROUNDS):
        for times, number in zip(found, (HANDLED, IGNORED, IGNORED)):
            start = time.thread_time()
            for _ in range(PER_ROUND):
                # The kernel delivers it before the call returns.
                signal.pthread_kill(this, number)
            times.append((time.thread_time() - start) / PER_ROUND * 1e6)
        os.ftruncate(descriptor, 0)
    return found


def row(folder: str, frames: int) -> str:
    with tempfile.TemporaryDirectory(dir=folder) as directory:
        descriptor = stack_file.create(os.path.join(directory, stack_file.name_of(1)))
        faulthandler.register(HANDLED, file=descriptor, all_threads=False, chain=False)
        # This function and its caller are frames too.
        handled, ignored, control = below(frames - 4, lambda: microseconds(descriptor))
        faulthandler.unregister(HANDLED)
        os.close(descriptor)
    median = statistics.median
    worst = statistics.quantiles(handled, n=100)[98]
    return (f"| `{folder}` | {frames} | {median(handled) - median(ignored):.0f} | {worst - median(ignored):.0f} | "
            f"{median(ignored):.2f} | {median(ignored) - median(control):+.2f} |")


def main() -> None:
    signal.signal(IGNORED, signal.SIG_IGN)
    rows = "\n".join(row(folder, frames) for folder in ("/dev/shm", tempfile.gettempdir()) for frames in DEPTHS)
    machine.write("stacks.md", f"""# What a stack costs a worker

{machine.describe()}.
`make bench`; {ROUNDS} rounds of {PER_ROUND} signals each, which a thread sends to itself, with the handler and the
file of a worker. The time is the processor time of the thread, user and system, without that of a signal that is ignored. The control
is the difference of two series of ignored signals: the error of the method.

| directory | frames | µs, median | µs, 99th percentile of rounds | ignored signal, µs | control, µs |
|---|---:|---:|---:|---:|---:|
{rows}
""")


if __name__ == "__main__":
    main()

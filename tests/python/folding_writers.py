"""Forks processes that count with prometheus_client, and kills them.

It reads one line of JSON at a time and responds with a pid: {} starts a process, {"pid": …, "do": [operation…]} makes it
count, {"pid": …} kills it.
"""

import json
import os
import signal
import sys

from prometheus_client import Counter, Gauge, Histogram, Summary

JOBS = Counter("jobs", "Counted", ["kind"])
TOOK = Histogram("took_seconds", "Observed", ["kind"], buckets=(0.1, 1.0, 10.0))
SIZE = Summary("size", "Observed", ["kind"])
GAUGES = {mode: Gauge(f"level_{mode}", "Set", ["kind"], multiprocess_mode=mode) for mode in ("sum", "min", "max", "livesum")}


def do(operations: "list[list]") -> None:
    """Runs the operations."""
    for metric, kind, value in operations:
        if metric == "jobs":
            JOBS.labels(kind).inc(value)
        elif metric == "took_seconds":
            TOOK.labels(kind).observe(value)
        elif metric == "size":
            SIZE.labels(kind).observe(value)
        else:
            GAUGES[metric[6:]].labels(kind).set(value)


def live(commands: int, answers: int) -> None:
    """Runs the operations that it reads, until it is killed."""
    with os.fdopen(commands) as lines:
        for line in lines:
            do(json.loads(line))
            os.write(answers, b"\n")


def main() -> None:
    """Runs commands until the input ends."""
    processes: "dict[int, tuple[int, int]]" = {}
    for line in sys.stdin:
        command = json.loads(line)
        pid = command.get("pid")
        if pid is None:
            (read, tell), (listen, answer) = os.pipe(), os.pipe()
            pid = os.fork()
            if pid == 0:
                live(read, answer)
                os._exit(0)
            os.close(read)
            os.close(answer)
            processes[pid] = tell, listen
        elif "do" in command:
            tell, listen = processes[pid]
            os.write(tell, json.dumps(command["do"]).encode() + b"\n")
            os.read(listen, 1)
        else:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            for descriptor in processes.pop(pid):
                os.close(descriptor)
        print(pid, flush=True)


main()

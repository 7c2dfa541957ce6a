"""A store with processes that use prometheus_client, start and are killed, and the values that a scrape of it must have."""

import json
import math
import os
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Iterable

from exposition import Exposition

Sample = tuple[str, frozenset[tuple[str, str]]]

BOUNDS = {"0.1": 0.1, "1.0": 1.0, "10.0": 10.0, "+Inf": math.inf}
LIVE_ONLY = "level_livesum"


class FoldingStore:
    """The processes, and the sums of what they counted."""

    def __init__(self, directory: Path, seed: int) -> None:
        """Starts without processes."""
        directory.mkdir()
        self.directory = directory
        self._random = random.Random(seed)
        self._nursery = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "folding_writers.py")],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(directory)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        self._living: list[int] = []
        self._ended = 0
        #: By sample and process, added in the order in which the process adds.
        self._values: defaultdict[Sample, dict[int, float]] = defaultdict(dict)

    def change(self) -> None:
        """Starts some processes, makes others count, and kills others."""
        for _ in range(self._random.randrange(1, 4)):
            self.begin()
        for pid in self._random.sample(self._living, self._random.randrange(len(self._living) + 1)):
            if self._random.random() < 0.5:
                self._count(pid)
            else:
                self.kill(pid)

    def expected(self) -> dict[Sample, float]:
        """Returns the expected samples of the processes, without the live gauges."""
        merge = {"level_min": min, "level_max": max}
        return {
            sample: merge.get(sample[0], math.fsum)(by_process.values())
            for sample, by_process in self._values.items()
            if sample[0] != LIVE_ONLY
        }

    def unfolded(self) -> int:
        """Returns how many dead processes still have files."""
        return len(self.processes() - set(self._living))

    def processes(self) -> set[int]:
        """Returns the processes that have files."""
        owners = (path.stem.rsplit("_", 1)[1] for path in self.directory.glob("*.db"))
        return {int(owner) for owner in owners if owner.isdigit()}

    def end(self) -> None:
        """Kills all processes."""
        for pid in list(self._living):
            self.kill(pid)
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait()

    def begin(self) -> int:
        """Starts a process and makes it count."""
        pid = self._tell({})
        self._living.append(pid)
        self._count(pid)
        return pid

    def kill(self, pid: int) -> None:
        self._tell({"pid": pid})
        self._living.remove(pid)
        # The pid may be reused, so dead processes have negative keys.
        self._ended -= 1
        for by_process in self._values.values():
            if pid in by_process:
                by_process[self._ended] = by_process.pop(pid)

    def _count(self, pid: int) -> None:
        operations = self._operations()
        self._tell({"do": operations, "pid": pid})
        for metric, kind, value in operations:
            self._note(pid, metric, kind, value)

    def _tell(self, command: dict[str, object]) -> int:
        assert self._nursery.stdin is not None and self._nursery.stdout is not None
        self._nursery.stdin.write(json.dumps(command) + "\n")
        self._nursery.stdin.flush()
        return int(self._nursery.stdout.readline())

    def _operations(self) -> list[tuple[str, str, float]]:
        metrics = ["jobs", "jobs", "took_seconds", "size", "level_sum", "level_min", "level_max", "level_livesum"]
        return [
            (self._random.choice(metrics), self._random.choice("abc"), self._random.choice([1.0, 0.1, 0.7, 3.3, 1e9]))
            for _ in range(self._random.randrange(1, 12))
        ]

    def _note(self, pid: int, metric: str, kind: str, value: float) -> None:
        if metric.startswith("level"):
            self._values[_sample(metric, kind)][pid] = value
        elif metric == "jobs":
            self._add(pid, _sample("jobs_total", kind), value)
        else:
            self._add(pid, _sample(metric + "_sum", kind), value)
            self._add(pid, _sample(metric + "_count", kind), 1)
            if metric == "took_seconds":
                for le, bound in BOUNDS.items():
                    self._add(pid, _sample(metric + "_bucket", kind, le=le), float(value <= bound))

    def _add(self, pid: int, sample: Sample, value: float) -> None:
        by_process = self._values[sample]
        by_process[pid] = by_process.get(pid, 0.0) + value


def samples(exposition: Exposition) -> dict[Sample, float]:
    """Returns the samples of the processes in an exposition, without the live gauges."""
    ours = ("gunicorn_", "process_", LIVE_ONLY)
    return {
        (name, frozenset(labels.items())): value
        for name, labels, value in exposition.samples
        if not name.startswith(ours)
    }


def stock_samples(directory: Path) -> dict[Sample, float]:
    """Returns the samples that prometheus_client's own collector reads from a store, without the live gauges."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    families: Iterable = MultiProcessCollector(CollectorRegistry(), str(directory)).collect()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
        if sample.name != LIVE_ONLY
    }


def _sample(name: str, kind: str, **labels: str) -> Sample:
    return name, frozenset({"kind": kind, **labels}.items())

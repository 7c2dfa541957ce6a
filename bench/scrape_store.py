"""Stores of prometheus_client's own files, for the benchmarks of the scrape."""

import os
from typing import Iterator, List

from prometheus_client.mmap_dict import MmapedDict, mmap_key

BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1.0", "2.5", "+Inf")
WITH_TIMESTAMPS = MmapedDict.write_value.__code__.co_argcount > 3


def counters(number: int, worker: "str | None" = None) -> "List[str]":
    """Returns the keys of a file of counters: requests by route, method and status, and by worker if one is given."""
    return [
        mmap_key(
            "app_requests", "app_requests_total",
            ["method", "endpoint", "status"] + (["worker"] if worker else []),
            [("GET", "POST")[i % 2], f"/api/v1/resource_{i // 10}", str(200 + i % 10)] + ([worker] if worker else []),
            "Requests by route",
        )
        for i in range(number)
    ]


def histograms(number: int) -> "List[str]":
    """Returns the keys of a file of histograms: the buckets and the sum of each route."""
    keys = []
    for i in range(-(-number // (len(BOUNDS) + 1))):
        names, values = ["method", "endpoint"], ["GET", f"/api/v1/resource_{i}"]
        for bound in BOUNDS:
            keys.append(mmap_key("app_latency", "app_latency_bucket", names + ["le"], values + [bound], "Latency by route"))
        keys.append(mmap_key("app_latency", "app_latency_sum", names, values, "Latency by route"))
    return keys[:number]


def dead_processes() -> "Iterator[int]":
    """Yields process ids that nobody has."""
    with open("/proc/sys/kernel/pid_max", encoding="ascii") as largest:
        for pid in range(int(largest.read()) - 1, 0, -1):
            if not os.path.exists(f"/proc/{pid}"):
                yield pid


class Store:
    """Files in a directory, one for each list of keys, whose values change on demand."""

    def __init__(self, directory: str, kind: str, keys: "List[List[str]]") -> None:
        self.directory = directory
        self.keys = keys
        self.entries = sum(map(len, keys))
        self.files = [
            MmapedDict(os.path.join(directory, f"{kind}_{pid}.db")) for pid, _ in zip(dead_processes(), keys)
        ]
        self.change(0)

    def change(self, turn: int) -> None:
        """Gives every series of every file another value."""
        for i, (file, keys) in enumerate(zip(self.files, self.keys)):
            for j, key in enumerate(keys):
                value = float((i + 1) * (j + 7) + turn)
                file.write_value(key, value, 0.0) if WITH_TIMESTAMPS else file.write_value(key, value)

    def note_change(self) -> None:
        """Has the kernel note a change of every file, as it does at times when values are stored."""
        for entry in os.scandir(self.directory):
            os.utime(entry.path)

    def close(self) -> None:
        """Closes the files."""
        for file in self.files:
            file.close()

"""What a scrape of a large store costs, beside prometheus_client's own collector on the same files.

Run by ``make bench`` with the distribution's Python. Ours answers over HTTP from its own process, theirs is called
in this one; both read the same files in every round, after every value in them has changed.
"""

import glob
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from typing import Callable, List, Tuple

import machine
from scrape_sides import ROOT, Exporter, samples, their_memory, theirs
from scrape_store import WITH_TIMESTAMPS, Store, counters, dead_processes, histograms

ROUNDS = 11
FIRST_ROUNDS = 3
FOLDING_BOUND = 300
FLOOR = os.path.join(ROOT, "bench", "Floor")


def milliseconds(call: "Callable[[], object]") -> float:
    """Returns what one call takes."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1e3


def check(ours: bytes, expected: bytes) -> int:
    """Ends the benchmark if the application's samples differ; else returns how many there are."""
    if samples(ours) != samples(expected):
        sys.exit("scrape: the expositions differ")
    return len(samples(expected))


def steady(name: str, kind: str, keys: "List[List[str]]", rounds: int) -> "Tuple[str, str]":
    """Returns a row of the table of steady scrapes, and one of what they need."""
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        store = Store(directory, kind, keys)
        ours, noted, others, our_work, their_work = [], [], [], [], []
        with Exporter(directory) as exporter:
            exporter.scrape()
            time.sleep(0.1)
            exporter.scrape()
            for turn in range(1, rounds + 1):
                store.change(turn)
                work = exporter.processor_time()
                ours.append(milliseconds(exporter.scrape))
                our_work.append(exporter.processor_time() - work)
                work = time.process_time()
                others.append(milliseconds(lambda: theirs(directory)))
                their_work.append((time.process_time() - work) * 1e3)
                count = check(exporter.text(), theirs(directory))
                store.note_change()
                noted.append(milliseconds(exporter.scrape))
                time.sleep(0.1)
                exporter.scrape()
            memory = exporter.memory()
        peak = their_memory(directory)
        least, scraped, allocated = floor(directory)
        store.close()
    our, their = statistics.median(ours), statistics.median(others)
    our_cpu, their_cpu = statistics.median(our_work), statistics.median(their_work)
    print(f"{name}: {our:.2f} ms, {their:.0f} ms; processor {our_cpu:.2f} ms, {their_cpu:.0f} ms", file=sys.stderr)
    return (
        f"| {name} | {count:,} | {our:.2f} | {their:,.0f} | {their / our:.0f} × | {our_cpu:.2f} | {their_cpu:,.0f} | "
        f"{their_cpu / our_cpu:.0f} × | {statistics.median(noted):.2f} |",
        f"| {name} | {scraped:.2f} | {least:.2f} | {scraped / least:.1f} × | {allocated:,} | "
        f"{memory['VmHWM'] / 1024:.0f} | {memory['RssAnon'] / 1024:.0f} | {peak / 1024:.0f} |")


def build_floor() -> None:
    """Builds what floor() runs."""
    subprocess.run(["dotnet", "build", FLOOR, "-c", "Release", "-v", "quiet", "-nologo"], check=True, stdout=subprocess.DEVNULL)


def floor(directory: str) -> "Tuple[float, float, int]":
    """Returns the floor and the scrape in one process, in ms of processor time, and what the scrape allocates, in bytes."""
    output = subprocess.run(
        ["dotnet", os.path.join(FLOOR, "bin", "Release", "net10.0", "Floor.dll"), directory],
        check=True, capture_output=True, text=True).stdout.split()
    return float(output[0]), float(output[1]), int(output[2])


def first(name: str, directory: str) -> str:
    """Returns a row of the table of first scrapes, of exporters that have just begun."""
    ours, others = [], []
    for _ in range(FIRST_ROUNDS):
        with Exporter(directory) as exporter:
            ours.append(milliseconds(exporter.scrape))
            others.append(milliseconds(lambda: theirs(directory)))
            check(exporter.text(), theirs(directory))
    our, their = statistics.median(ours), statistics.median(others)
    print(f"{name}: {our:.0f} ms, {their:.0f} ms", file=sys.stderr)
    return f"| {name} | {our:.0f} | {their:,.0f} | {their / our:.0f} × |"


def dead(directory: str, number: int, entries: int) -> None:
    """Leaves a directory as processes do that are gone, each with the same series."""
    store = Store(directory, "counter", [counters(entries)])
    store.close()
    pids = dead_processes()
    path = os.path.join(directory, f"counter_{next(pids)}.db")
    for _, pid in zip(range(number - 1), pids):
        shutil.copyfile(path, os.path.join(directory, f"counter_{pid}.db"))


def living(directory: str, sleepers: "List[subprocess.Popen[bytes]]", entries: int) -> None:
    """Adds the files of processes that live."""
    with tempfile.TemporaryDirectory(prefix="bench-") as other:
        Store(other, "counter", [counters(entries)]).close()
        for sleeper in sleepers:
            shutil.copyfile(glob.glob(f"{other}/*.db")[0], os.path.join(directory, f"counter_{sleeper.pid}.db"))


def folded(number: int, entries: int, workers: int) -> str:
    """Returns what folding leaves to a scrape, beside a directory that never recycled."""
    sleepers = [subprocess.Popen(["sleep", "3600"]) for _ in range(workers)]
    try:
        with tempfile.TemporaryDirectory(prefix="bench-") as never, tempfile.TemporaryDirectory(prefix="bench-") as recycled:
            living(never, sleepers, entries)
            living(recycled, sleepers, entries)
            dead(recycled, number, entries)
            expected = theirs(recycled)
            with Exporter(never, fold=True) as one, Exporter(recycled, fold=True) as other:
                before, began = len(os.listdir(recycled)), time.perf_counter()
                while len(glob.glob(f"{recycled}/counter_*.db")) > workers + 1:
                    if time.perf_counter() - began > FOLDING_BOUND:
                        sys.exit("scrape: the files were not folded")
                    time.sleep(0.2)
                took = time.perf_counter() - began
                other.scrape()
                check(other.text(), expected)
                times = [(milliseconds(one.scrape), milliseconds(other.scrape)) for _ in range(200)][20:]
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
    base, left = (statistics.median(side) for side in zip(*times))
    print(f"folded: {base:.2f} ms, {left:.2f} ms", file=sys.stderr)
    return (
        f"{before:,} files, {workers} of them of living processes, were folded {took:.0f} s after the exporter's start. "
        f"A scrape then takes {left:.2f} ms, "
        f"beside {base:.2f} ms of a directory that has only ever had the {workers}: {left / base:.2f} times.")


def main() -> None:
    """Measures everything and writes the page."""
    build_floor()
    rows = [
        steady("64 files × 1,000 counter entries, the same keys", "counter", [counters(1000)] * 64, ROUNDS),
        steady("64 files × 1,000 histogram entries, the same keys", "histogram", [histograms(1000)] * 64, ROUNDS),
        steady("64 files × 10,000 counter entries, the same keys", "counter", [counters(10_000)] * 64, 5),
        steady(
            "1,000 files × 100 counter entries, a label per worker", "counter",
            [counters(100, f"worker_{i}") for i in range(1000)], 5),
    ]
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        dead(directory, 6800, 98)
        firsts = [first("6,800 files × 98 counter entries of dead processes", directory)]
    folding = folded(6800, 98, 4)
    machine.write("scrape.md", f"""# Scraping a store

{machine.describe()}; prometheus_client {version("prometheus_client")}, files {"with" if WITH_TIMESTAMPS else "without"} timestamps.
`make bench`. Both sides read the same files in turn, and in every round all samples are proven equal. Ours is timed over
HTTP, another process answering; theirs is `MultiProcessCollector` and `generate_latest`, called in-process.

## Steady scrapes

Every value changes before every round; nothing is folded. Medians of {ROUNDS} rounds, of 5 for the two larger stores.
*Noted* is a scrape of ours after the kernel has noted a change of every file, as it does at times when values are stored:
then every key is proven anew. Processor time is that of all threads of the exporter, and of the client's process.

| store | samples out | ours, ms | theirs, ms | ratio | processor, ours | theirs | ratio | noted, ms |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
""" + "\n".join(row for row, _ in rows) + """

*Floor* touches the same doubles once and copies the same output once; it and *scrape* run in one process, without HTTP,
and are processor time. *Allocated* is what a steady scrape allocates, in bytes. Memory is the peak of the resident memory
in MB; *own* is what is not mapped from files, *theirs* that of a process that scrapes once.

| store | scrape, ms | floor, ms | ratio | allocated | memory | own | theirs |
|---|---:|---:|---:|---:|---:|---:|---:|
""" + "\n".join(row for _, row in rows) + f"""

## The first scrape of an exporter

Medians of {FIRST_ROUNDS} exporters; nothing is folded.

| store | ours, ms | theirs, ms | ratio |
|---|---:|---:|---:|
""" + "\n".join(firsts) + f"""

## After folding

{folding}
""")


if __name__ == "__main__":
    main()

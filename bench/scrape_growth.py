"""How the cost of a scrape grows with files, entries and samples, and the exporter's memory with its store."""

import sys
import tempfile
from typing import List, Tuple

import machine
from scrape import build_floor, floor
from scrape_sides import Exporter
from scrape_store import Store, counters

# Files, entries in each, and whether each file's series are its own.
GRID = [
    (1, 100, False), (16, 100, False), (64, 100, False), (256, 100, False), (1000, 100, False),
    (16, 1000, False), (64, 1000, False), (64, 4000, False), (16, 1000, True), (64, 1000, True), (256, 100, True),
]
MEMORY = [(10, 1000, False), (100, 1000, False), (100, 10_000, False), (10, 1000, True), (100, 1000, True)]


def store(directory: str, files: int, entries: int, own: bool) -> Store:
    """Makes a store of counters."""
    return Store(directory, "counter", [counters(entries, f"worker_{i}" if own else None) for i in range(files)])


def fit(rows: "List[Tuple[List[float], float]]") -> "List[float]":
    """Returns the factors that explain the times best, each time weighed by itself, by the normal equations."""
    weighed = [([value / time for value in values], 1.0) for values, time in rows]
    size = len(rows[0][0])
    matrix = [
        [sum(values[i] * values[j] for values, _ in weighed) for j in range(size)]
        + [sum(values[i] * time for values, time in weighed)] for i in range(size)
    ]
    for i in range(size):
        pivot = max(range(i, size), key=lambda row: abs(matrix[row][i]))
        matrix[i], matrix[pivot] = matrix[pivot], matrix[i]
        for row in range(size):
            if row != i:
                factor = matrix[row][i] / matrix[i][i]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[i])]
    return [matrix[i][size] / matrix[i][i] for i in range(size)]


def growth() -> str:
    """Returns the fit, and the table that it explains."""
    rows, names = [], []
    for files, entries, own in GRID:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            store(directory, files, entries, own).close()
            _, time, _ = floor(directory)
        samples = files * entries if own else entries
        rows.append(([1.0, files, files * entries, samples], time * 1e3))
        names.append((files, entries, samples))
        print(f"{files} × {entries}: {time:.3f} ms", file=sys.stderr)
    base, per_file, per_entry, per_sample = fit(rows)
    lines = [
        f"| {files:,} | {files * entries:,} | {samples:,} | {time:,.0f} | "
        f"{base + per_file * files + per_entry * files * entries + per_sample * samples:,.0f} |"
        for (files, entries, samples), (_, time) in zip(names, rows)
    ]
    return (
        f"A scrape takes {base:.0f} µs, and {per_file:.2f} µs for each file, {per_entry * 1e3:.1f} ns for each entry and "
        f"{per_sample * 1e3:.0f} ns for each sample that comes out: the least squares of the relative errors.\n\n"
        "| files | entries | samples out | measured, µs | fitted, µs |\n|---:|---:|---:|---:|---:|\n" + "\n".join(lines))


def memory() -> str:
    """Returns the table of the resident memory after three scrapes."""
    lines = []
    for files, entries, own in MEMORY:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            store(directory, files, entries, own).close()
            with Exporter(directory) as exporter:
                for _ in range(3):
                    exporter.scrape()
                used = exporter.memory()
        samples = files * entries if own else entries
        lines.append(
            f"| {files * entries:,} | {files:,} | {samples:,} | {used['RssAnon'] / 1024:.0f} | {used['RssFile'] / 1024:.0f} |")
        print(lines[-1], file=sys.stderr)
    return "| entries | files | samples out | own, MB | mapped from files, MB |\n|---:|---:|---:|---:|---:|\n" + "\n".join(lines)


def main() -> None:
    """Measures both and writes the page."""
    build_floor()
    machine.write("scrape-growth.md", f"""# How a scrape grows

{machine.describe()}. `make bench`. Counters of `prometheus_client`; scrapes in one process, without HTTP,
medians of the processor time.

## Time

{growth()}

## Memory

Resident memory of the exporter after three scrapes. What is mapped from files is the executable and the store's own pages,
which the page cache holds in any case.

{memory()}
""")


if __name__ == "__main__":
    main()

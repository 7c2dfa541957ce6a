"""What forwarding to Redis costs: round trips, bytes on the wire and the exporter's processor time for each interval.

Run by ``make bench`` with the distribution's Python, against a real redis-server on loopback. Stores are made by a stock
``prometheus_client``; the values of half of the series change between two intervals.
"""

import gzip
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.request
from typing import Dict, Tuple

import machine
import scrape_store

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXECUTABLE = os.path.join(ROOT, "out", "gunicorn-prometheus-exporter")

SERIES = 10_000
INTERVALS = 30
PATIENCE = 30.0

#: What the product promises.
MOST_CPU_MS = 20.0


def free_port() -> int:
    """Returns a port of the loopback interface that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def cpu_ms(pid: int) -> float:
    """Returns the processor time that a process has used."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as own:
        total = int(own.read().split()[0])
    for thread in os.listdir(f"/proc/{pid}/task"):
        if thread != str(pid):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as other:
                total += int(other.read().split()[0])
    return total / 1e6


def ask(port: int, *words: str) -> str:
    """Sends one command to Redis by redis-cli and returns the answer."""
    return subprocess.run(["redis-cli", "-p", str(port), *words], capture_output=True, text=True, check=True).stdout


def calls(port: int) -> "Dict[str, int]":
    """Returns how often Redis has carried out each command, those inside scripts among them."""
    return {name: int(count) for name, count in re.findall(r"cmdstat_([^:]+):calls=(\d+)", ask(port, "INFO", "commandstats"))}


def received(port: int) -> int:
    """Returns how many bytes Redis has read from its clients."""
    return int(re.search(r"total_net_input_bytes:(\d+)", ask(port, "INFO", "stats")).group(1))


def until(holds, what: str) -> None:
    """Waits until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"not within {PATIENCE} s: {what}")
        time.sleep(0.02)


def answers(port: int) -> bool:
    """Returns whether something listens."""
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        return True
    except ConnectionRefusedError:
        return False


def measure(store: scrape_store.Store, redis_port: int, forwarding: bool) -> "Tuple[float, float, float, bytes]":
    """Runs an exporter for some intervals. Returns its processor ms, Redis' bytes and scripts an interval, and its text."""
    port = free_port()
    environment = {
        **os.environ, "PROMETHEUS_MULTIPROC_DIR": store.directory, "REDIS_ENABLED": str(forwarding).lower(), "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(redis_port), "REDIS_FORWARD_INTERVAL": "1", "GUNICORN_EXPORTER_INSTANCE": "bench", "CLEANUP_DB_FILES": "false",
    }
    command = [EXECUTABLE, "serve", "--web.listen-address", f"127.0.0.1:{port}"]
    exporter = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: answers(port), "the exporter listens")
        if forwarding:
            until(lambda: calls(redis_port).get("evalsha", 0) >= 3, "some snapshots in Redis")
        else:
            time.sleep(3)
        before = calls(redis_port).get("evalsha", 0), received(redis_port), cpu_ms(exporter.pid)
        asked = received(redis_port) - before[1]
        for turn in range(INTERVALS):
            store.change(turn)
            time.sleep(1)
        after = calls(redis_port).get("evalsha", 0), received(redis_port), cpu_ms(exporter.pid)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read()
        scripts = after[0] - before[0]
        return (after[2] - before[2]) / INTERVALS, (after[1] - before[1] - 2 * asked) / max(1, scripts), scripts / INTERVALS, text
    finally:
        exporter.terminate()
        exporter.wait(PATIENCE)


def main() -> None:
    """Measures with and without forwarding, and writes the result."""
    redis_port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        redis = subprocess.Popen(
            ["redis-server", "--port", str(redis_port), "--bind", "127.0.0.1", "--save", "", "--dir", directory], stdout=subprocess.DEVNULL
        )
        try:
            until(lambda: answers(redis_port), "redis-server listens")
            os.mkdir(os.path.join(directory, "store"))
            keys = scrape_store.histograms(SERIES)
            store = scrape_store.Store(os.path.join(directory, "store"), "histogram", [keys])
            idle, _, _, _ = measure(store, redis_port, forwarding=False)
            cpu, wire, round_trips, text = measure(store, redis_port, forwarding=True)
            store.close()
            memory = ask(redis_port, "MEMORY", "USAGE", "gunicorn:metrics:bench").strip()
        finally:
            redis.terminate()
            redis.wait(PATIENCE)
    samples = sum(1 for line in text.splitlines() if not line.startswith(b"#"))
    packed = gzip.compress(text, 6)
    machine.write(
        "redis.md",
        f"""# Forwarding to Redis

Measured by `bench/redis.py`: {machine.describe()}; redis-server on the same machine.

A store of {samples:,} samples is forwarded every second, {INTERVALS} times, while its values change.

| Each interval | Measured | Goal |
|---|---|---|
| scripts that Redis carries out (one round trip each, with the index beside it) | {round_trips:.2f} | 1 |
| processor time of the exporter for reading the store and forwarding it | {cpu - idle:.1f} ms | {MOST_CPU_MS:.0f} ms |
| processor time of the exporter without forwarding | {idle:.1f} ms | |
| bytes that Redis receives | {wire:,.0f} | |
| the same as text | {len(text):,} ({len(text) / wire:.0f} times as many) | |
| the same as text, gzip level 6 | {len(packed):,} ({len(packed) / wire:.1f} times as many) | |

Redis keeps {int(memory):,} bytes for the snapshot, and as many for what stays when it expires.
""",
    )
    if cpu - idle > MOST_CPU_MS or round(round_trips, 1) != 1.0:
        raise SystemExit("a goal is missed")


if __name__ == "__main__":
    main()

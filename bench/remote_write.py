"""What a remote write costs: the exporter's own, and a Prometheus agent's that scrapes the exporter and writes on.

Both send every series of one store once a second to one Prometheus on the same machine. Run by ``make bench`` with the
distribution's Python; the newest Prometheus is used where ``eng/prometheus.sh`` has fetched it.
"""

import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple

import machine
from exporter import EXECUTABLE, ROOT
from scrape_store import Store, counters

FETCHED = os.path.join(ROOT, "out", "prometheus", "usr", "bin", "prometheus")
MACHINES = "/usr/bin/prometheus"
NEWEST = FETCHED if os.path.exists(FETCHED) else MACHINES
SERIES = (2_000, 10_000)
SECONDS = 20
SETTLE = 5
PATIENCE = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """What one sender did while it was looked at."""

    samples: float
    cpu: float
    resident_mb: float


def free_port() -> int:
    """Returns a port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: "List[str]", **environment: str) -> "Iterator[int]":
    """Runs a process, whose pid it yields, and ends it."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def get(url: str) -> str:
    """Returns the answer to a GET, waiting for the server to come up."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url) as answer:
                return str(answer.read(), "utf-8")
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def appended(receiver: str) -> float:
    """Returns how many samples a Prometheus has stored."""
    found = re.findall(r"^prometheus_tsdb_head_samples_appended_total\S* (\S+)$", get(f"{receiver}/metrics"), re.MULTILINE)
    return sum(map(float, found))


def cpu_seconds(pid: int) -> float:
    """Returns the processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Returns the resident memory of a process."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) * 1024 / 1e6


def look_at(pid: int, receiver: str) -> Cost:
    """Lets a sender settle, and returns what it costs for a while."""
    time.sleep(SETTLE)
    samples, cpu = appended(receiver), cpu_seconds(pid)
    time.sleep(SECONDS)
    return Cost(appended(receiver) - samples, cpu_seconds(pid) - cpu, resident_mb(pid))


@contextmanager
def prometheus_receiver(home: str) -> "Iterator[str]":
    """Runs a Prometheus that only receives, and yields its address."""
    port = free_port()
    configuration = os.path.join(home, "receiver.yml")
    with open(configuration, "w", encoding="utf-8"):
        pass
    with running([
        NEWEST, f"--config.file={configuration}", f"--storage.tsdb.path={home}/received",
        f"--web.listen-address=127.0.0.1:{port}", "--web.enable-remote-write-receiver",
    ]):
        yield f"http://127.0.0.1:{port}"


def exporter_cost(store: str, protocol: str) -> Cost:
    """Has the exporter write."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, prometheus_receiver(home) as receiver:
        appended(receiver)
        with running(
            [EXECUTABLE, "serve", "--web.listen-address", f"127.0.0.1:{free_port()}", "--multiproc-dir", store],
            REMOTE_WRITE_URL=f"{receiver}/api/v1/write", REMOTE_WRITE_INTERVAL="1", REMOTE_WRITE_PROTOCOL=protocol,
        ) as pid:
            return look_at(pid, receiver)


def agent_cost(store: str, program: str, message: str) -> Cost:
    """Has a Prometheus agent scrape the exporter and write."""
    with tempfile.TemporaryDirectory(prefix="bench-") as home, prometheus_receiver(home) as receiver:
        appended(receiver)
        port = free_port()
        configuration = os.path.join(home, "agent.yml")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(
                "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
                "scrape_configs:\n"
                f"  - {{job_name: gunicorn, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}\n"
                f"remote_write:\n  - url: {receiver}/api/v1/write\n{message}"
            )
        agent = ["--agent"] if program == FETCHED else ["--enable-feature=agent"]
        with running([EXECUTABLE, "serve", "--web.listen-address", f"127.0.0.1:{port}", "--multiproc-dir", store]), running([
            program, *agent, f"--config.file={configuration}", f"--storage.agent.path={home}/agent",
            f"--web.listen-address=127.0.0.1:{free_port()}",
        ]) as pid:
            return look_at(pid, receiver)


def main() -> None:
    """Measures every sender with every store."""
    lines = [
        "# Remote write",
        "",
        machine.describe(),
        "",
        f"Every series once a second for {SECONDS} s, to one Prometheus on the same machine, whose own cost is not counted. The "
        "exporter's processor time is that of reading the store, encoding, compressing and sending; the agent's that of "
        "scraping the exporter, its log, encoding, compressing and sending (what its scrapes cost the exporter is not in it). "
        "The kernel tells processor time in steps of 0.01 s.",
        "",
        "| series of the application | sender | samples arrived | processor time | samples per second of one core | resident |",
        "|---:|---|---:|---:|---:|---:|",
    ]
    message = "    protobuf_message: io.prometheus.write.v2.Request\n"
    for series in SERIES:
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            store = Store(directory, "counter", [counters(series)])
            costs = {
                "exporter, 2.0": exporter_cost(directory, "2.0" if NEWEST == FETCHED else "auto"),
                "exporter, 1.0": exporter_cost(directory, "1.0"),
                "agent of Debian's Prometheus, 1.0": agent_cost(directory, MACHINES, ""),
            }
            if NEWEST == FETCHED:
                costs["agent of the newest Prometheus, 2.0"] = agent_cost(directory, NEWEST, message)
            store.close()
        lines += [
            f"| {series:,} | {name} | {cost.samples:,.0f} | {cost.cpu:.2f} s | {cost.samples / cost.cpu:,.0f} | {cost.resident_mb:.0f} MB |"
            for name, cost in costs.items()
        ]
    machine.write("remote-write.md", "\n".join([*lines, ""]))


if __name__ == "__main__":
    main()

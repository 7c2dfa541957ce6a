"""Hubs over a real Redis: how long a scrape takes in both modes, how it grows with hosts, and a fleet that several hubs share."""

import argparse
import contextlib
import http.client
import os
import socket
import statistics
import subprocess
import tempfile
import time
from typing import Dict, Iterator, List, NamedTuple, Tuple

import machine
from scrape_growth import fit
from scrape_sides import EXPORTER, ROOT

SERIES = 2000
SCRAPES = 7
ROUNDS = 3
FILLER = os.path.join(ROOT, "bench", "Fleet")


class Figures(NamedTuple):
    """What one hub showed and took."""

    first: float
    changed: float
    cpu: float
    unchanged: float
    compressed: float
    text: int
    memory: int


class Share(NamedTuple):
    """What one of several hubs showed and took."""

    hosts: int
    first: float
    changed: float
    unchanged: float
    memory: int
    takeover: float


def free_port() -> int:
    """Returns a loopback port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def running(*command: str, **options: object) -> "Iterator[subprocess.Popen[str]]":
    """Runs a process, and ends it by its own pid."""
    process = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_for_port(port: int) -> None:
    """Returns when somebody listens."""
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on {port}")


def scrape(port: int, encoding: str = "identity") -> "Tuple[float, int]":
    """Scrapes the hub; returns the seconds until the last byte, and how many bytes came."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    start = time.perf_counter()
    connection.request("GET", "/metrics", headers={"Accept-Encoding": encoding})
    answer = connection.getresponse()
    buffer, size = bytearray(1 << 20), 0
    while count := answer.readinto(buffer):
        size += count
    assert answer.status == 200
    connection.close()
    return time.perf_counter() - start, size


def cpu(pid: int) -> float:
    """Returns the processor seconds of a process."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """Returns the resident bytes of a process."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def measure(redis: int, filler: "subprocess.Popen[str]", merged: bool) -> Figures:
    """Measures one hub."""
    port = free_port()
    environment: Dict[str, str] = {**os.environ, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis)}
    start = time.perf_counter()
    options = ["--aggregate"] if merged else []
    command = (EXPORTER, "hub", "--web.listen-address", f"127.0.0.1:{port}", *options)
    with running(*command, env=environment, stderr=subprocess.DEVNULL) as hub:
        wait_for_port(port)
        scrape(port)
        first = time.perf_counter() - start
        changed: List[float] = []
        before = cpu(hub.pid)
        text = 0
        for _ in range(SCRAPES):
            fill(filler)
            seconds, text = scrape(port)
            changed.append(seconds)
        used = (cpu(hub.pid) - before) / SCRAPES
        unchanged = statistics.median(scrape(port)[0] for _ in range(SCRAPES))
        resident = memory(hub.pid)
        compressed = statistics.median(scrape(port, "gzip")[0] for _ in range(SCRAPES))
        return Figures(first, statistics.median(changed), used, unchanged, compressed, text, resident)


def fill(filler: "subprocess.Popen[str]") -> int:
    """Has every host leave a new snapshot; returns the bytes of the values."""
    assert filler.stdin is not None and filler.stdout is not None
    filler.stdin.write("\n")
    filler.stdin.flush()
    return int(filler.stdout.readline().split()[1])


def value(port: int, metric: str) -> int:
    """Returns one of the hub's metrics about itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("GET", f"/metrics?name[]={metric}")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return int(float(next(line.split()[1] for line in lines if line.startswith(f"{metric} "))))


def measure_fleet(redis: int, filler: "subprocess.Popen[str]", hosts: int, hubs: int) -> "List[Share]":
    """Measures hubs that start together and merge the hosts that they share; kills one in the end."""
    environment: Dict[str, str] = {**os.environ, "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis)}
    ports = [free_port() for _ in range(hubs)]
    with contextlib.ExitStack() as stack:
        start = time.perf_counter()
        processes = [
            stack.enter_context(running(
                EXPORTER, "hub", "--web.listen-address", f"127.0.0.1:{port}", "--aggregate", "--hub.name", f"hub-{i}",
                env=environment, stderr=subprocess.DEVNULL))
            for i, port in enumerate(ports)]
        first = []
        for port in ports:
            wait_for_port(port)
            first.append(time.perf_counter() - start)
        for port in ports:
            scrape(port)
        held = [value(port, "gunicorn_hub_hosts") for port in ports]
        assert sum(held) == hosts, f"{sum(held)} of {hosts} hosts, each at one hub"
        changed: List[List[float]] = []
        for _ in range(ROUNDS):
            fill(filler)
            changed.append([scrape(port)[0] for port in ports])
        unchanged = [statistics.median(scrape(port)[0] for _ in range(ROUNDS)) for port in ports]
        resident = [memory(process.pid) for process in processes]
        processes[-1].kill()
        deadline = time.monotonic() + 120
        slowest = [0.0] * hubs
        while sum(value(port, "gunicorn_hub_hosts") for port in ports[:-1]) != hosts:
            assert time.monotonic() < deadline, "the other hubs did not take over all hosts"
            for i, port in enumerate(ports[:-1]):
                slowest[i] = max(slowest[i], scrape(port)[0])
            time.sleep(1)
    return [
        Share(held[i], first[i], statistics.median(seconds[i] for seconds in changed), unchanged[i], resident[i], slowest[i])
        for i in range(hubs)]


@contextlib.contextmanager
def fleet(program: str, hosts: int) -> "Iterator[Tuple[int, subprocess.Popen[str], int]]":
    """Runs a Redis that has the hosts' snapshots. Returns its port, the filler and the bytes of the values."""
    redis = free_port()
    with tempfile.TemporaryDirectory() as home, running(
        "redis-server", "--bind", "127.0.0.1", "--port", str(redis), "--save", "", "--dir", home, stdout=subprocess.DEVNULL
    ):
        wait_for_port(redis)
        with running(program, str(redis), str(hosts), str(SERIES), stdout=subprocess.PIPE) as filler:
            assert filler.stdout is not None
            yield redis, filler, int(filler.stdout.readline().split()[1])


def main() -> None:
    """Measures fleets of all sizes, and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 100, 1000, 2000], help="sizes of the fleets of one hub")
    parser.add_argument("--fleet", type=int, default=10_000, help="size of the fleet that several hubs share")
    parser.add_argument("--hubs", type=int, default=5, help="number of these hubs")
    parser.add_argument("--result", default="hub.md", help="file of bench/results")
    options = parser.parse_args()
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", FILLER], check=True)
    program = os.path.join(FILLER, "bin", "Release", "net10.0", "Fleet")
    rows: List[Tuple[int, bool, Figures]] = []
    size = 0.0
    for hosts in options.hosts:
        with fleet(program, hosts) as (redis, filler, stored):
            size = stored / hosts / SERIES
            rows.extend((hosts, merged, measure(redis, filler, merged)) for merged in (False, True))
    with fleet(program, options.fleet) as (redis, filler, _):
        shares = measure_fleet(redis, filler, options.fleet, options.hubs)
    machine.write(options.result, page(rows, size, shares))


def growth(rows: "List[Tuple[int, float]]", unit: str) -> str:
    """Returns what explains the values best: a constant and a slope."""
    base, each = fit([([1.0, float(hosts)], figure) for hosts, figure in rows])
    return f"{base:,.1f} {unit} and {each:.3f} {unit} for each host"


def page(rows: "List[Tuple[int, bool, Figures]]", size: float, shares: "List[Share]") -> str:
    """Returns the page."""
    lines = [
        "# The hub", "",
        f"{machine.describe()}.", "",
        f"`bench/hub.py`: a redis-server on loopback, hosts of {SERIES:,} series each, which differ in the pids of their workers; the",
        "hub as it is published, scraped over HTTP. Medians of seven scrapes, to the last byte received. Redis and the scraper run on the",
        "same processors. The goals for a thousand hosts: 1,000 ms apart, 250 ms merged, and a first answer within 5,000 ms.", "",
        "| hosts | mode | every host has a new snapshot, ms | processor, ms | no host has, ms | the same, gzip, ms | text, MB | "
        "resident, MB | start to first answer, ms |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for hosts, merged, figures in rows:
        lines.append(
            f"| {hosts:,} | {'merged' if merged else 'apart'} | {figures.changed * 1e3:,.0f} | {figures.cpu * 1e3:,.0f} | "
            f"{figures.unchanged * 1e3:,.0f} | {figures.compressed * 1e3:,.0f} | {figures.text / 1e6:,.1f} | "
            f"{figures.memory / 1e6:,.0f} | {figures.first * 1e3:,.0f} |")
    lines += ["", f"The values of a host take {size:.2f} bytes a series in Redis.", "", "## Growth", ""]
    lines += ["By least squares of the relative errors:", "", "| mode | a scrape | first answer | resident |", "|---|---|---|---|"]
    for merged in (False, True):
        own = [(hosts, figures) for hosts, its, figures in rows if its == merged]
        lines.append(
            f"| {'merged' if merged else 'apart'} | {growth([(hosts, figures.changed * 1e3) for hosts, figures in own], 'ms')} | "
            f"{growth([(hosts, figures.first * 1e3) for hosts, figures in own], 'ms')} | "
            f"{growth([(hosts, figures.memory / 1e6) for hosts, figures in own], 'MB')} |")
    total = sum(share.hosts for share in shares)
    lines += [
        "", "## A fleet that several hubs share", "",
        f"{total:,} hosts of {SERIES:,} series, {len(shares)} hubs with `--aggregate` and `--hub.name` that start together on the same two",
        f"processors and are scraped one after another. Medians of {ROUNDS} scrapes. Each host is at exactly one hub. In the end the last",
        "hub is killed with SIGKILL; the slowest scrape is the one with which another hub takes over its part of the hosts.", "",
        "| hub | hosts | every host has a new snapshot, ms | no host has, ms | resident, MB | start to first answer, ms | "
        "slowest scrape of the takeover, ms |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for i, share in enumerate(shares):
        takeover = f"{share.takeover * 1e3:,.0f}" if i < len(shares) - 1 else "killed"
        lines.append(
            f"| {i + 1} | {share.hosts:,} | {share.changed * 1e3:,.0f} | {share.unchanged * 1e3:,.0f} | {share.memory / 1e6:,.0f} | "
            f"{share.first * 1e3:,.0f} | {takeover} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

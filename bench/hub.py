"""The hub over a real Redis: how long a scrape of a fleet takes in both modes, and how it grows with hosts."""

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
HOSTS = (10, 100, 1000)
SCRAPES = 7
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


def main() -> None:
    """Measures fleets of all sizes, and writes the page."""
    subprocess.run(["dotnet", "build", "-c", "Release", "--nologo", "-v", "quiet", FILLER], check=True)
    program = os.path.join(FILLER, "bin", "Release", "net10.0", "Fleet")
    rows: List[Tuple[int, bool, Figures]] = []
    sizes: Dict[int, int] = {}
    for hosts in HOSTS:
        redis = free_port()
        with tempfile.TemporaryDirectory() as home, running(
            "redis-server", "--bind", "127.0.0.1", "--port", str(redis), "--save", "", "--dir", home, stdout=subprocess.DEVNULL
        ):
            wait_for_port(redis)
            with running(program, str(redis), str(hosts), str(SERIES), stdout=subprocess.PIPE) as filler:
                assert filler.stdout is not None
                sizes[hosts] = int(filler.stdout.readline().split()[1])
                rows.extend((hosts, merged, measure(redis, filler, merged)) for merged in (False, True))
    machine.write("hub.md", page(rows, sizes))


def page(rows: "List[Tuple[int, bool, Figures]]", sizes: "Dict[int, int]") -> str:
    """Returns the page."""
    lines = [
        "# The hub", "",
        f"{machine.describe()}.", "",
        f"`bench/hub.py`: a redis-server on loopback, hosts of {SERIES:,} series each, which differ in the pids of their workers; the",
        "hub as it is published, scraped over HTTP. Medians of seven scrapes, to the last byte received. The server, the scraper and",
        "whatever else is counted in the load share the cores. The goals for a thousand hosts: 1,000 ms apart, 250 ms merged.", "",
        "| hosts | mode | every host has a new snapshot, ms | processor, ms | no host has, ms | the same, gzip, ms | text, MB | "
        "resident, MB | start to first answer, ms |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for hosts, merged, figures in rows:
        lines.append(
            f"| {hosts:,} | {'merged' if merged else 'apart'} | {figures.changed * 1e3:,.0f} | {figures.cpu * 1e3:,.0f} | "
            f"{figures.unchanged * 1e3:,.0f} | {figures.compressed * 1e3:,.0f} | {figures.text / 1e6:,.1f} | "
            f"{figures.memory / 1e6:,.0f} | {figures.first * 1e3:,.0f} |")
    lines += [
        "", f"The values of all hosts take {sizes[HOSTS[-1]] / 1e6:.1f} MB in Redis, "
        f"{sizes[HOSTS[-1]] / HOSTS[-1] / SERIES:.2f} bytes a series.",
        "", "## Growth", "",
    ]
    for merged in (False, True):
        base, each = fit([([1.0, float(hosts)], figures.changed * 1e3) for hosts, its, figures in rows if its == merged])
        lines.append(
            f"{'Merged' if merged else 'Apart'}: a scrape takes {base:.1f} ms and {each:.3f} ms for each host (least squares of the "
            "relative errors).")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

"""What every result states of the machine that it was measured on."""

import datetime
import os
import platform


def describe() -> str:
    """Returns one line: date, processor, cores and how many processes wait for them, kernel, Python."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        model = next(line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name"))
    return (
        f"{datetime.date.today().isoformat()}, {model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Linux {platform.release()}, CPython {platform.python_version()}"
    )


def write(name: str, text: str) -> None:
    """Writes a result under bench/results and shows it."""
    path = os.path.join(os.path.dirname(__file__), "results", name)
    with open(path, "w", encoding="utf-8") as result:
        result.write(text)
    print(text)

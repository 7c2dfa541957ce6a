"""The page and ``top`` show quantiles of native histograms where these are on."""

import re
import subprocess
import time
from typing import Any
from urllib.request import urlopen

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, LiveGunicorn

#: What the application sleeps. The buckets beside it are 10 ms and 25 ms, of which 17.5 ms is the middle.
SLEEP = 0.02


def milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([0-9.]+) (m?s)", text).groups()  # type: ignore[union-attr]
    return float(number) * (1 if unit == "ms" else 1000)


def test_top_and_the_page_show_the_latency_of_native_histograms(start_gunicorn: Any) -> None:
    server: LiveGunicorn = start_gunicorn(
        "-w", "1", conf=HOOKS, app="chaos_app:app", variables={"GUNICORN_EXPORTER_NATIVE_HISTOGRAMS": "true"})
    assert server.get("/slow") == 200
    server.metrics(requests=1)
    address = f"http://127.0.0.1:{server.metrics_port}"
    with urlopen(address, timeout=30):
        # The page needs a read before the load.
        pass
    top = subprocess.Popen([str(EXECUTABLE), "top", "--once", "--interval", "4", address], stdout=subprocess.PIPE, text=True)
    times = []
    while top.poll() is None:
        started = time.monotonic()
        assert server.get("/slow") == 200
        times.append(time.monotonic() - started)
    output, _ = top.communicate(timeout=60)
    page = urlopen(address, timeout=30).read().decode()

    # Each shows the median of at least half of the requests.
    most = sorted(times)[3 * len(times) // 4] * 1000
    print(most, len(times), output)
    for shown in (re.search(r"p50 +([0-9.]+ m?s)", output), re.search(r"p50</dt><dd[^>]*>([0-9.]+ m?s)", page)):
        assert shown, (output, page)
        # 1.0906 is the ratio of two bounds.
        assert SLEEP * 1000 / 1.0906 < milliseconds(shown[1]) < most * 1.0906
        assert abs(milliseconds(shown[1]) - 17.5) > 0.2

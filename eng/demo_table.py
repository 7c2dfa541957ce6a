"""Prints what Prometheus stored of the demo: ``demo_table.py HOST:PORT``. Fails if it lacks requests of the load."""

import json
import sys
import time
import urllib.parse
import urllib.request

from demo_load import MIX, ROUNDS

EXPECTED = 1 + ROUNDS * sum(count for _, count in MIX)
SCRAPE_TIMEOUT = 30.0

ROWS = [
    ("Requests", "sum(gunicorn_worker_requests_total)", "{:.0f}"),
    ("Failures by status", "sum by (status_code) (gunicorn_worker_failed_requests_total)", "{:.0f}"),
    ("Exceptions by type", "sum by (error_type) (gunicorn_worker_error_handling_total)", "{:.0f}"),
    (
        "Latency, 95th percentile",
        "1000 * histogram_quantile(0.95, sum by (le) (gunicorn_http_request_duration_seconds_bucket))",
        "{:.2f} ms",
    ),
    ("Memory by worker", "gunicorn_worker_memory_bytes / 1048576", "{:.1f} MiB"),
    ("Processor time by worker", "sum by (worker_id) (gunicorn_worker_cpu_seconds_total)", "{:.1f} s"),
    ("Worker restarts", "gunicorn_master_worker_restarts_total", "{:.0f}"),
    ("The application's own orders", "sum by (product) (demo_orders_total)", "{:.0f}"),
]

LABELS = ("status_code", "error_type", "worker_id", "product")


def query(address: str, expression: str) -> list[tuple[str, float]]:
    """Returns the instant vector of an expression: what tells each sample apart, and its value."""
    url = f"http://{address}/api/v1/query?{urllib.parse.urlencode({'query': expression})}"
    with urllib.request.urlopen(url, timeout=10) as response:
        result = json.load(response)["data"]["result"]
    return sorted((_name(sample["metric"]), float(sample["value"][1])) for sample in result)


def _name(labels: dict[str, str]) -> str:
    return next((labels[label] for label in LABELS if label in labels), "")


def wait_for_load(address: str) -> None:
    """Returns when Prometheus has scraped every request of the load; exits if it does not in time."""
    deadline = time.monotonic() + SCRAPE_TIMEOUT
    known: object = None
    while time.monotonic() < deadline:
        try:
            known = query(address, ROWS[0][1])
        except OSError as error:
            known = error
        if known == [("", float(EXPECTED))]:
            return
        time.sleep(0.5)
    sys.exit(f"after {SCRAPE_TIMEOUT:g} s Prometheus has {known} instead of {EXPECTED} requests")


def main() -> None:
    """Waits for the load, then prints the table."""
    (address,) = sys.argv[1:]
    wait_for_load(address)
    for title, expression, form in ROWS:
        for label, value in query(address, expression):
            print(f"{title:<30} {label:<12} {form.format(value):>20}")
            title = ""


if __name__ == "__main__":
    main()

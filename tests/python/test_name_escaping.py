"""Names of any characters: a real Prometheus finds them by each escaping, and they are those of the library where it has them."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from live_gunicorn import END_TIMEOUT, free_port, wait_for
from live_prometheus import LivePrometheus
from pages import REPOSITORY

PROGRAM = REPOSITORY / "out" / "prometheus" / "usr" / "bin" / "prometheus"
EXPORTER = REPOSITORY / "out" / "gunicorn-prometheus-exporter"

#: What an application counts, by the names that its prometheus_client wrote.
WRITER = """
import os
from prometheus_client import mmap_dict

def write(kind, family, *samples):
    values = mmap_dict.MmapedDict(os.path.join(os.environ["PROMETHEUS_MULTIPROC_DIR"], f"{kind}_1.db"))
    for sample, labels, value in samples:
        key = mmap_dict.mmap_key(family, sample, list(labels), list(labels.values()), "help")
        values.write_value(*([key, value] if not hasattr(mmap_dict, "_pack_two_doubles") else [key, value, 0.0]))
    values.close()

write("counter", "shop.orders", ("shop.orders_total", {"kind.of": "new"}, 3))
write("counter", "shop_orders", ("shop_orders_total", {"kind_of": "new"}, 5), ("shop_orders_total", {"kind_of": "old"}, 7))
write("gauge_max", "größe", ("größe", {}, 2))
write("histogram", "shop.time_seconds", ("shop.time_seconds_sum", {}, 1.5), ("shop.time_seconds_bucket", {"le": "1.0"}, 2),
    ("shop.time_seconds_bucket", {"le": "+Inf"}, 1))
"""

#: Queries for these by the escaping of a scrape, and their values.
QUERIES = {
    "allow-utf-8": {
        '{"shop.orders_total", "kind.of"="new"}': [3.0],
        "sum(shop_orders_total)": [12.0],
        '{"größe"}': [2.0],
        '{"shop.time_seconds_bucket", le="+Inf"}': [3.0],
    },
    "underscores": {
        'shop_orders_total{kind_of="new"}': [3.0],
        "sum(shop_orders_total)": [10.0],
        "gr__e": [2.0],
        'shop_time_seconds_bucket{le="+Inf"}': [3.0],
    },
    "dots": {
        'shop_dot_orders__total{kind_dot_of="new"}': [3.0],
        "sum(shop__orders__total)": [12.0],
        "gr____e": [2.0],
        'shop_dot_time__seconds__bucket{le="+Inf"}': [3.0],
    },
    "values": {
        'U__shop_2e_orders__total{U__kind_2e_of="new"}': [3.0],
        "sum(shop_orders_total)": [12.0],
        "U__gr_f6__df_e": [2.0],
        'U__shop_2e_time__seconds__bucket{le="+Inf"}': [3.0],
    },
}

PROTOCOLS = {
    "PrometheusText1.0.0": "text/plain; version=1.0.0; charset=utf-8",
    "OpenMetricsText1.0.0": "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "PrometheusProto": "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """An exporter of a store with such names."""
    folder = tmp_path_factory.mktemp("names")
    store = folder / "store"
    store.mkdir(mode=0o700)
    number = free_port()
    environment = {
        **os.environ, "PROMETHEUS_MULTIPROC_DIR": str(store), "PROMETHEUS_BIND_ADDRESS": "127.0.0.1", "PROMETHEUS_METRICS_PORT": str(number),
    }
    subprocess.run(["/usr/bin/python3", "-c", WRITER], env=environment, check=True, timeout=60)
    log = folder / "log"
    with log.open("wb") as output:
        exporter = subprocess.Popen([EXPORTER, "serve"], env=environment, stderr=output)
    try:
        wait_for(lambda: b"listening on" in log.read_bytes(), "the exporter")
        yield number
    finally:
        exporter.terminate()
        exporter.wait(END_TIMEOUT)
        print(log.read_text())


def scraped(port: int, accept: str) -> tuple[str, str]:
    """Returns the content type and the text of a scrape."""
    answer = subprocess.run(
        ["curl", "-s", "-D", "/dev/stderr", "-H", f"Accept: {accept}", f"http://127.0.0.1:{port}/metrics"],
        capture_output=True, text=True, check=True, timeout=60)
    (content_type,) = [line.partition(": ")[2] for line in answer.stderr.splitlines() if line.startswith("Content-Type")]
    return content_type, answer.stdout


@pytest.mark.skipif(not PROGRAM.exists(), reason="there is no Prometheus 3: ESCAPED NAMES ARE NOT SCRAPED BY IT")
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_prometheus_finds_the_names_by_each_escaping(port: int, tmp_path: Path, protocol: str) -> None:
    # Prometheus states the escaping with the text formats only, so the exporter has it from the second one.
    scrapes: list[dict[str, Any]] = [{
        "job_name": escaping,
        "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        "scrape_protocols": [protocol, "OpenMetricsText1.0.0"] if protocol == "PrometheusProto" else [protocol],
        "metric_name_validation_scheme": "utf8" if escaping == "allow-utf-8" else "legacy",
        "metric_name_escaping_scheme": escaping,
    } for escaping in QUERIES]
    prometheus = LivePrometheus(tmp_path / "prometheus", scrapes, [], str(PROGRAM))
    try:
        prometheus.wait_until_scraping()
        found: dict[str, dict[str, list[float]]] = {}

        def are_found() -> bool:
            # A scrape that fails ends the present values until the next one.
            found.update({job: {query: prometheus.now(of_job(query, job)) for query in queries} for job, queries in QUERIES.items()})
            return found == QUERIES

        with contextlib.suppress(AssertionError):
            wait_for(are_found, "the names")
        assert found == QUERIES
    finally:
        prometheus.end()
        print(prometheus.log)
    assert "Error on ingesting" not in prometheus.log and "Duplicate" not in prometheus.log


def of_job(query: str, job: str) -> str:
    """Returns a query for the series of a job."""
    name, brace, rest = query.partition("{")
    if brace:
        return f'{name}{{job="{job}",{rest}'
    return query.replace(")", f'{{job="{job}"}})') if ")" in query else f'{query}{{job="{job}"}}'


@pytest.mark.parametrize("escaping", QUERIES)
@pytest.mark.parametrize("kind", [kind for kind in PROTOCOLS if kind != "PrometheusProto"])
def test_the_answer_says_how_its_names_are_escaped(port: int, kind: str, escaping: str) -> None:
    media, _, _ = PROTOCOLS[kind].partition("; ")
    content_type, text = scraped(port, f"{media};version=1.0.0;escaping={escaping}")
    assert content_type == f"{PROTOCOLS[kind]}; escaping={escaping}"
    assert ('{"shop.orders_total","kind.of"="new"} 3.0' in text) == (escaping == "allow-utf-8")


def test_a_client_that_does_not_ask_gets_underscores(port: int) -> None:
    content_type, text = scraped(port, "*/*")
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert [line for line in text.splitlines() if line.startswith("shop_orders_total")] == [
        'shop_orders_total{kind_of="new"} 3.0', 'shop_orders_total{kind_of="old"} 7.0',
    ]

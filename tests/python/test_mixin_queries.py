"""Every query of the mixin and the pages has a result in a real Prometheus that scrapes a real Gunicorn with faults."""

import contextlib
import os
import re
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import mixin
from conftest import EXECUTABLE
from live_gunicorn import HOOKS, LiveGunicorn, free_port, process, wait_for
from live_prometheus import LivePrometheus
from pages import PAGES
from test_asgi import CLOSE, HANDSHAKE
from test_websockets import opened
from worker_classes import ASGI

#: The alerts that fire at once in the scenario.
EXPECTED = {
    "GunicornCorruptFiles", "GunicornErrorBudgetBurnFast", "GunicornLabelOverflow", "GunicornRequestsLost", "GunicornWorkerTimeout"}

#: What the exporter serves once it has seen enough requests.
ESTIMATED = "gunicorn_route_memory_growth_bytes"

#: The labels of the targets that dashboards select by.
PLACE = {"cluster": "here", "namespace": "shop"}

#: The job of the targets that have a label ``endpoint`` of their own, and what dashboards select there.
RENAMED = "renamed"
RENAMED_CHOICE = {"$job": RENAMED, "$route_label": "exported_endpoint"}

#: Fewer than the paths of the load.
LABEL_VALUES = "6"


#: The machine's and the newest, which eng/prometheus.sh fetches.
PROGRAMS = {"machines": "prometheus", "newest": mixin.REPOSITORY / "out" / "prometheus" / "usr" / "bin" / "prometheus"}


@pytest.fixture
def servers(start_gunicorn, need, environment, tmp_path):
    """Each Prometheus beside a hub, after load, errors, a killed worker, a lost request, a timeout and a damaged file."""
    programs = {name: found for name, program in PROGRAMS.items() if (found := shutil.which(program))}
    if not programs:
        pytest.skip("there is no Prometheus: eng/prometheus.sh fetches one")
    need("uvicorn", "wsproto")
    redis, hub = free_port(), free_port()
    forwarding = {"REDIS_ENABLED": "true", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis), "REDIS_FORWARD_INTERVAL": "1"}
    with contextlib.ExitStack() as running:
        running.enter_context(process("redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path))
        running.enter_context(process(EXECUTABLE, "hub", "--web.listen-address", f"127.0.0.1:{hub}", **environment, **forwarding))
        server = start_gunicorn(
            "-w", "2", "--timeout", "4", variables={"GUNICORN_EXPORTER_MAX_LABEL_VALUES": LABEL_VALUES, **forwarding})
        server.wait_until_served()
        others = [start_other(start_gunicorn, tmp_path, name) for name in ("gthread", "tornado")]
        asgi = start_asgi(start_gunicorn, tmp_path)
        ports = {"gunicorn": [server.metrics_port, asgi.metrics_port, *(other.metrics_port for other in others)], "gunicorn-hub": [hub]}
        scrapes = [
            {"job_name": job, "honor_labels": True, "static_configs": [{"targets": [f"127.0.0.1:{port}" for port in its], "labels": PLACE}]}
            for job, its in ports.items()
        ]
        # As without the relabelling of deploy/: Prometheus renames the label of the route.
        targets = [f"127.0.0.1:{port}" for port in ports["gunicorn"]]
        scrapes.append({
            "job_name": RENAMED, "static_configs": [{"targets": targets, "labels": {**PLACE, "endpoint": "metrics"}}],
            # Queries that match series by instance need names of their own.
            "relabel_configs": [{"source_labels": ["__address__"], "target_label": "instance", "replacement": f"{RENAMED}-$1"}]})
        servers = {}
        for name, program in programs.items():
            servers[name] = prometheus = LivePrometheus(tmp_path / name, scrapes, mixin.RULES, program)
            running.callback(lambda prometheus=prometheus: print(prometheus.log))
            running.callback(prometheus.end)
        for prometheus in servers.values():
            prometheus.wait_until_scraping()
        for other in others:
            # It is slow for longer than the interval of scrapes. The stack that is taken of it ends it early.
            assert [other.get("/block/1.5") for _ in range(4)] == [200] * 4
        with talking(asgi):
            make_trouble(server, Path(environment["PROMETHEUS_MULTIPROC_DIR"]))
            for prometheus in servers.values():
                wait_for(lambda: prometheus.values(ESTIMATED), "an estimate of the memory of routes", timeout=300)
            yield servers


def start_other(start_gunicorn: Callable[..., LiveGunicorn], folder: Path, worker_class: str) -> LiveGunicorn:
    """Starts a Gunicorn with a store of its own, whose worker has metrics that those of the default class lack."""
    server = start_gunicorn(
        "-k", worker_class, "--threads", "2", "--graceful-timeout", "3", conf=HOOKS, variables={
            "PROMETHEUS_MULTIPROC_DIR": str(folder / worker_class), "GUNICORN_EXPORTER_SLOW_REQUEST_SECONDS": "0.1"})
    server.wait_until_served()
    return server


def start_asgi(start_gunicorn: Callable[..., LiveGunicorn], folder: Path) -> LiveGunicorn:
    """Starts a Gunicorn with a store of its own, with WebSockets and the optional metrics."""
    server = start_gunicorn("-w", "4", "--graceful-timeout", "3", conf=HOOKS + ASGI["uvicorn"].conf, app=ASGI["uvicorn"].app, variables={
        "PROMETHEUS_MULTIPROC_DIR": str(folder / "uvicorn"),
        "GUNICORN_EXPORTER_TIME_TO_FIRST_BYTE": "true", "GUNICORN_EXPORTER_ROUTE_MEMORY": "true"})
    server.wait_until_served()
    return server


@contextlib.contextmanager
def talking(server: LiveGunicorn) -> Iterator[None]:
    """Sends requests and opens WebSockets, of which one stays open."""
    end = threading.Event()

    def talk() -> None:
        while not end.wait(0.05):
            server.get("/ok")
            server.send(HANDSHAKE % b"/denied")
            with opened(server, b"/bye") as connection:
                connection.sendall(CLOSE)

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        with opened(server, b"/talk"):
            yield
    finally:
        end.set()
        thread.join()


def make_trouble(server: LiveGunicorn, store: Path) -> None:
    """Causes every event that a query covers."""
    load(server, 4)
    (store / "counter_4711.db").write_bytes(b"\xff" * 64)
    server.get("/hang")
    hanging = threading.Thread(target=server.get, args=("/hang",))
    hanging.start()
    wait_for(lambda: server.scrape().total("gunicorn_worker_requests_in_flight") == 1, "a request in hand")
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    hanging.join()
    load(server, 4)


def load(server: LiveGunicorn, rounds: int) -> None:
    """Sends requests of each kind for some seconds."""
    for _ in range(rounds):
        for path in ("/", "/missing", "/broken", "/crash", "/stream", "/one", "/two", "/collect"):
            server.get(path)
        server.send(
            b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\nX-Request-Start: t=%f\r\n\r\nok" % time.time())
        time.sleep(1)


def without_thresholds(expression: str) -> str:
    """Returns the values that an alert compares, with offsets that fit the short test."""
    compared = re.sub(r" (>|<|==|!=|>=|<=) [0-9.e+-]+", "", expression)
    # Without its threshold, what silences an alert would always do so.
    compared = re.sub(r" unless changes\(", " and changes(", compared)
    return re.sub(r"absent\((.*)\)", r"\1", re.sub(r"offset \w+", "offset 5s", compared))


def test_every_query_has_an_answer_and_every_alert_that_has_a_cause_fires(servers):
    for name, prometheus in servers.items():
        print(f"The Prometheus is the {name}")
        check(prometheus)
    if len(servers) < len(PROGRAMS):
        pytest.skip(f"only {', '.join(servers)} was asked: eng/prometheus.sh fetches the newest Prometheus")


def check(prometheus: LivePrometheus) -> None:
    def firing() -> set[str]:
        return {alert["labels"]["alertname"] for alert in prometheus.get("alerts")["alerts"] if alert["state"] == "firing"}

    wait_for(lambda: firing() >= EXPECTED, f"the alerts {EXPECTED}")
    assert firing() == EXPECTED

    rules = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert [rule for rule in rules if rule["health"] != "ok"] == []
    asked = {
        **{f"record {rule['name']}": rule["name"] for rule in rules if rule["type"] == "recording"},
        **{f"alert {rule['name']}": without_thresholds(rule["query"]) for rule in rules if rule["type"] == "alerting"},
        **{f"{name}: {query}": mixin.filled_in(query) for name, dashboard in mixin.DASHBOARDS.items() for query in mixin.queries(dashboard)},
        **{f"{name}, renamed: {query}": mixin.filled_in(query, RENAMED_CHOICE)
           for name, dashboard in mixin.DASHBOARDS.items() for query in mixin.queries(dashboard) if "$route_label" in query},
        **{f"{page.name}: {query}": query for page in PAGES.values() for query in page.queries},
    }
    assert prometheus.get("label/exported_endpoint/values") and "metrics" not in prometheus.get("label/exported_endpoint/values")
    assert len(asked) > 100
    # test_dirty_workers.py runs a server with dirty workers, which only recent versions of Gunicorn have.
    unanswered = [what for what, query in asked.items() if "gunicorn_dirty_" not in query and not prometheus.values(query)]
    assert not unanswered, "\n".join(unanswered)

    for dashboard in mixin.DASHBOARDS.values():
        for query in map(mixin.filled_in, mixin.variable_queries(dashboard)):
            selector, label = re.fullmatch(r"label_(?:values|names)\((.*?)(?:, (\w+))?\)", query).groups()
            path = f"label/{label}/values" if label else "labels"
            assert prometheus.get(path, **{"match[]": selector}), query
    assert not re.search("level=(warn|error)", prometheus.log, re.IGNORECASE)

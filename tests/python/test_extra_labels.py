"""Requests have the configured extra labels and methods, with every worker class."""

import os
import signal
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from conftest import EXECUTABLE
from exposition import Exposition
from fleet import Hub
from live_gunicorn import HOOKS, wait_for
from test_choice import LATENCY, REQUESTS, reload, start
from worker_classes import STOCK

LABELS = "host,scheme,header:X-Tenant=acme|globex"


def ask(server: Any, host: str, method: str = "GET", path: str = "/scheme", **headers: str) -> str:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in {"Host": host, "Connection": "close", **headers}.items())
    answer: bytes = server.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode())
    assert b" 200 " in answer.partition(b"\r\n")[0], answer
    return answer.partition(b"\r\n\r\n")[2].decode()


def counted(metrics: Exposition, *labels: str, name: str = REQUESTS) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for sample, its, value in metrics.samples:
        if sample == name:
            found[tuple(its.get(label, "") for label in labels)] += int(value)
    return found


@pytest.mark.parametrize("name", STOCK)
def test_a_request_has_its_host_scheme_and_header(start_worker: Any, dump: Any, name: str) -> None:
    server = start_worker(name, variables={
        "GUNICORN_EXPORTER_EXTRA_LABELS": LABELS, "GUNICORN_EXPORTER_METHODS": "GET,PURGE"})
    server.wait_until_ready()
    plain = ask(server, "Shop.Example:8000", X_Tenant="acme")
    # The proxy is trusted by Gunicorn's default, but not every server reads the header.
    proxied = ask(server, "b.example", X_Tenant="else", X_Forwarded_Proto="https")
    ask(server, "127.0.0.1:1")
    ask(server, "b.example", method="PURGE", x_tenant="globex")
    ask(server, "b.example", method="POST", Content_Length="0")
    metrics = dump(requests=5)
    assert plain == "http"
    assert counted(metrics, "host", "scheme", "x_tenant", "method") == {
        ("shop.example", "http", "acme", "GET"): 1,
        ("b.example", proxied, "__other__", "GET"): 1,
        ("127.0.0.1", "http", "", "GET"): 1,
        ("b.example", "http", "globex", "PURGE"): 1,
        ("b.example", "http", "", "__other__"): 1,
    }
    assert counted(metrics, "host", "x_tenant", name=f"{LATENCY}_count")["shop.example", "acme"] == 1
    assert 'x_tenant=""' not in metrics.text
    assert metrics.value("gunicorn_exporter_dropped_total") == 0
    assert metrics.value("gunicorn_exporter_label_overflow_total", label="host") == 0


def test_labels_change_with_the_next_workers_and_every_count_stays(start_gunicorn: Any, tmp_path: Path) -> None:
    file = tmp_path / "exporter.yml"
    server = start(start_gunicorn, file, "exporter: {labels: {max_values: 2}}")
    for host in ("a.example", "b.example", "a.example"):
        ask(server, host, path="/ok")
    assert counted(server.metrics(requests=3), "host") == {("",): 3}
    reload(server, file, "exporter: {labels: {max_values: 2, methods: [GET], extra_labels: [host, 'header:X-Tenant=acme']}}")
    for host in ("a.example", "b.example", "c.example", "a.example"):
        ask(server, host, path="/ok")
    ask(server, "a.example", path="/ok", method="DELETE")
    metrics = server.metrics(requests=8)
    expected = {("",): 3, ("a.example",): 3, ("b.example",): 1, ("__other__",): 1}
    assert counted(metrics, "host") == expected
    assert counted(metrics, "method") == {("GET",): 7, ("__other__",): 1}
    assert metrics.value("gunicorn_exporter_label_overflow_total", label="host") == 1
    reload(server, file, "exporter: {labels: {max_values: 2}}")
    ask(server, "d.example", path="/ok")
    metrics = server.metrics(requests=9)
    assert counted(metrics, "host") == {**expected, ("",): 4}
    assert metrics.total(f"{LATENCY}_count") == 9


def test_a_request_that_is_lost_after_its_response_has_the_labels(start_gunicorn: Any) -> None:
    server = start_gunicorn("-w", "1", conf=HOOKS, variables={"GUNICORN_EXPORTER_EXTRA_LABELS": LABELS})
    server.wait_until_served()
    with server.connect(b"GET /stall HTTP/1.1\r\nHost: a.example\r\nX-Tenant: acme\r\n\r\n") as connection:
        assert b" 200 " in connection.recv(100)
        os.kill(server.workers()[0], signal.SIGKILL)
        metrics = server.metrics(requests=1)
    assert counted(metrics, "host", "scheme", "x_tenant", "endpoint") == {("a.example", "http", "acme", "/stall"): 1}


@pytest.mark.parametrize("options", [(), ("--aggregate",)])
def test_a_hub_serves_the_labels_of_its_hosts(start_gunicorn: Any, start_redis: Any, environment: dict[str, str], options: Any) -> None:
    redis = {"REDIS_ENABLED": "true", "REDIS_PORT": str(start_redis().port), "REDIS_FORWARD_INTERVAL": "1"}
    server = start_gunicorn("-w", "1", conf=HOOKS, variables={**redis, "GUNICORN_EXPORTER_EXTRA_LABELS": LABELS})
    server.wait_until_served()
    ask(server, "a.example", X_Tenant="acme")
    ask(server, "b.example")
    hub = Hub({**environment, **redis}, EXECUTABLE, *options)
    try:
        expected = {("a.example", "http", "acme"): 1, ("b.example", "http", ""): 1}
        wait_for(lambda: counted(hub.read(), "host", "scheme", "x_tenant") == expected, "the requests")
    finally:
        hub.end()


def test_a_list_that_breaks_the_rules_is_refused_with_the_rule(environment: dict[str, str]) -> None:
    result = subprocess.run(
        [str(EXECUTABLE), "config", "--check"], capture_output=True, text=True, check=False, timeout=60,
        env={**environment, "GUNICORN_EXPORTER_EXTRA_LABELS": "header:Cookie=a", "GUNICORN_EXPORTER_METHODS": "get"})
    assert result.returncode != 0
    assert 'GUNICORN_EXPORTER_EXTRA_LABELS is "header:Cookie=a"; set it to up to 3 of host' in result.stderr
    assert 'GUNICORN_EXPORTER_METHODS is "get"; set it to 1 to 50 methods in upper case' in result.stderr

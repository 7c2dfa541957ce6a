"""The Helm chart: its schema, its rules and dashboards, and hubs that Prometheus scrapes once."""

import contextlib
import itertools
import json
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

import mixin
from chart import CHART, VALUES, can_render, objects, rendered
from conftest import EXECUTABLE
from live_gunicorn import free_port, process, wait_for
from live_prometheus import LivePrometheus
from operator_scrape import scrape_of, scrape_of_service

needs_go = pytest.mark.skipif(not can_render(), reason="there is no go: THE CHART IS NOT TESTED")

DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
SCHEMA = Draft7Validator(json.loads((CHART / "values.schema.json").read_text()))


def test_the_schema_is_one():
    Draft7Validator.check_schema(SCHEMA.schema)


@pytest.mark.parametrize("file", [CHART / "values.yaml", *VALUES.glob("*.yaml")], ids=lambda file: file.name)
def test_the_schema_accepts_values(file):
    SCHEMA.validate(yaml.safe_load(file.read_text()))


def test_the_schema_accepts_the_values_of_a_dependency():
    values = yaml.safe_load((VALUES / "application" / "values.yaml").read_text())["gunicorn-prometheus-exporter"]
    SCHEMA.validate({**values, "enabled": True, "global": {"imageRegistry": "registry.example.com"}})


@pytest.mark.parametrize("values", [
    {"replica": 2}, {"replicas": "2"}, {"redis": {"uri": "redis://redis"}}, {"redis": {"url": "redis:6379"}},
    {"extraEnv": [{"name": "REDIS_DB", "value": 1}]}, {"extraEnv": {"REDIS_DB": "1"}}, {"tolerations": {"key": "a"}},
    {"podAnnotations": {"a": 1}}, {"serviceMonitor": {"interval": 30}}, {"image": {"pullPolicy": "always"}},
    {"runbooks": "docs/alerts.md"}, {"tls": {"secretName": "hub"}}, {"podMonitor": {"enabled": "yes"}}])
def test_the_schema_rejects_what_the_chart_cannot_use(values):
    assert not SCHEMA.is_valid(values)


def test_the_schema_knows_exactly_the_values():
    def names(values: Any) -> Any:
        return {name: names(value) for name, value in values.items()} if isinstance(values, dict) and values else None

    def properties(schema: dict[str, Any]) -> Any:
        schema = SCHEMA.schema["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        its = schema.get("properties")
        return its and {name: properties(value) for name, value in its.items()}

    known = properties(SCHEMA.schema)
    # Helm adds the values of the parent chart, which may also have the condition of the dependency here.
    del known["global"], known["enabled"]
    # Objects of Kubernetes, and labels that the user names.
    free = {name: None for name in ("resources", "labels", "annotations")}

    def without_free(values: Any) -> Any:
        return values and {name: free.get(name, without_free(value)) for name, value in values.items()}

    named = without_free(names(DEFAULTS))
    # Both monitors have one schema.
    named["serviceMonitor"]["matchLabels"] = None
    assert without_free(known) == named


@needs_go
def test_the_rules_are_those_of_the_mixin_with_the_jobs_of_the_monitors(tmp_path):
    (rule,) = objects(rendered("everything.yaml"), "PrometheusRule")
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps(rule["spec"]))
    subprocess.run(["promtool", "check", "rules", str(file)], check=True, timeout=60)
    jobs = 'job=~"monitoring/test-gunicorn|test-hub"'
    files = [yaml.safe_load(path.read_text().replace('job="gunicorn"', jobs)) for path in mixin.RULES]
    assert rule["spec"]["groups"] == [group for file in files for group in file["groups"]]


@needs_go
def test_the_dashboards_are_those_of_the_mixin():
    maps = objects(rendered("everything.yaml"), "ConfigMap")
    assert {item["metadata"]["labels"]["grafana_dashboard"] for item in maps} == {"1"}
    found = {name.removesuffix(".json"): json.loads(text) for item in maps for name, text in item["data"].items()}
    assert found == mixin.DASHBOARDS


@needs_go
def test_nothing_of_the_operator_is_there_by_default():
    assert {item["kind"] for item in yaml.safe_load_all(rendered()) if item} == {"Deployment", "Service"}


@needs_go
def test_the_relabeling_of_shards_comes_before_those_of_the_user():
    (monitor,) = objects(rendered("sharing-hubs.yaml", "relabelings.yaml"), "ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["metricRelabelings"] == [
        {"sourceLabels": ["shard"], "regex": ".+", "targetLabel": "instance", "replacement": "fleet"},
        {"action": "labeldrop", "regex": "worker_id"}]


@needs_go
def test_a_long_release_has_hubs_that_share_and_a_service_of_one_name_with_room_for_a_hash():
    text = rendered("sharing-hubs.yaml", release="r" * 53)
    (hubs,), (service_of_hubs,) = objects(text, "StatefulSet"), objects(text, "Service")
    # The label controller-revision-hash of a pod may have 63 characters.
    assert len(hubs["metadata"]["name"]) + len("-0123456789") <= 63
    assert hubs["metadata"]["name"] == hubs["spec"]["serviceName"] == service_of_hubs["metadata"]["name"]


@contextlib.contextmanager
def service(port: int, pods: list[int]) -> Iterator[None]:
    """Answers requests by the pods in turn, as a Service does with new connections."""
    turns = itertools.cycle(pods)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with urllib.request.urlopen(f"http://127.0.0.1:{next(turns)}{self.path}", timeout=30) as answer:
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@needs_go
@pytest.mark.parametrize("values, job, namespace", [("two-hubs.yaml", "test-hub", "monitoring"), ("sharing-hubs.yaml", "app", "shop")])
def test_each_request_is_scraped_once_from_two_hubs(values, job, namespace, start_gunicorn, environment, tmp_path):
    program = shutil.which("prometheus")
    if program is None:
        pytest.skip("there is no prometheus: TWO HUBS ARE NOT TESTED")
    text = rendered(values)
    (monitor,) = objects(text, "ServiceMonitor", "ScrapeConfig")
    (workload,) = objects(text, "Deployment", "StatefulSet")
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    redis, port, *pods = (free_port() for _ in range(4))
    forwarding = {"REDIS_ENABLED": "true", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis), "REDIS_FORWARD_INTERVAL": "1"}
    # A ServiceMonitor finds the pods behind the Service, a ScrapeConfig names the Service.
    scrape = scrape_of(monitor, *pods) if monitor["kind"] == "ServiceMonitor" else scrape_of_service(monitor, port)
    with contextlib.ExitStack() as running:
        running.enter_context(process("redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path))
        for number, pod in enumerate(pods):
            stands_for = {":9091": f"127.0.0.1:{pod}", "$(POD_NAME)": f"test-hub-{number}"}
            # Prometheus does not reach them by TLS here.
            arguments = [stands_for.get(argument, argument) for argument in container["args"] if not re.search("ssl|tls", argument)]
            running.enter_context(process(EXECUTABLE, *arguments, **environment, **forwarding))
        running.enter_context(service(port, pods))
        server = start_gunicorn("-w", "2", variables=forwarding)
        server.wait_until_served()
        prometheus = LivePrometheus(tmp_path / "prometheus", [scrape], [], program)
        running.callback(lambda: print(prometheus.log))
        running.callback(prometheus.end)
        prometheus.wait_until_scraping()
        requests = 12
        for _ in range(requests):
            assert server.get("/") == 200
            time.sleep(0.5)
        wait_for(lambda: prometheus.now("sum(gunicorn_worker_requests_total)") == [requests], "each request once")
        # A scrape that fails ends the present values until the next one.
        wait_for(lambda: prometheus.now("count(gunicorn_up)") == [1], "one server")
        assert prometheus.now("sum(resets(gunicorn_worker_requests_total[1h]))") == [0]
        rows = prometheus.get("query", query="last_over_time(gunicorn_worker_requests_total[1h])")["result"]
        assert rows
        for labels in (row["metric"] for row in rows):
            assert (labels["job"], labels["namespace"]) == (job, namespace)
            assert labels["instance"] not in [f"127.0.0.1:{port}" for port in (port, *pods)]
            assert "pod" not in labels

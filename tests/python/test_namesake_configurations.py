"""The kinds of configuration that users of the package of the same name have, unchanged: each starts, serves, and is measured."""

import os
import subprocess

import pytest

from conftest import EXECUTABLE
from exposition import Exposition
from live_gunicorn import END_TIMEOUT, LiveGunicorn, free_port, wait_for

#: What every one of them has: settings in the environment, set before the import, and hooks under their own names.
HEAD = """
import os
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", "/tmp/prometheus_multiproc")
os.environ.setdefault("PROMETHEUS_METRICS_PORT", "9091")
os.environ.setdefault("PROMETHEUS_BIND_ADDRESS", "0.0.0.0")
os.environ.setdefault("GUNICORN_WORKERS", "2")
"""

HOOKS = """
from gunicorn_prometheus_exporter.hooks import (
    default_on_exit, default_on_starting, default_post_fork, default_when_ready, default_worker_int, redis_when_ready,
    redis_sidecar_when_ready)
workers = int(os.environ.get("GUNICORN_WORKERS", "2"))
worker_class = "gunicorn_prometheus_exporter.{worker_class}"
timeout = 300
keepalive = 2
on_starting = default_on_starting
when_ready = {when_ready}
worker_int = default_worker_int
on_exit = default_on_exit
post_fork = default_post_fork
"""

BASIC = HEAD + HOOKS

YAML = """
exporter:
  prometheus:
    metrics_port: {port}
    bind_address: "127.0.0.1"
    multiproc_dir: "{store}"
    ssl:
      enabled: false
      certfile: null
      keyfile: null
      client_cafile: null
      client_capath: null
      client_auth_required: false
  gunicorn:
    workers: 2
    timeout: 300
    keepalive: 2
  redis:
    enabled: false
    host: "127.0.0.1"
    port: 6379
    db: 0
    password: null
    key_prefix: "gunicorn"
    ttl_seconds: 300
    ttl_disabled: false
  cleanup:
    db_files: true
"""


def serves(server: LiveGunicorn) -> Exposition:
    """Checks that requests are answered and counted, and returns the metrics."""
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    assert server.get("/") == 200
    assert server.get("/crash") == 500
    metrics = server.metrics(2)
    assert metrics.total("gunicorn_worker_requests_total") == 2
    assert metrics.has("gunicorn_worker_failed_requests_total", method="GET", endpoint="/crash")
    for family in ("gunicorn_worker_memory_bytes", "gunicorn_worker_uptime_seconds", "gunicorn_worker_request_duration_seconds_count"):
        assert metrics.total(family) > 0
    return metrics


@pytest.mark.parametrize(("worker_class", "module", "more"), [
    ("PrometheusWorker", "gunicorn", ""),
    ("PrometheusThreadWorker", "gunicorn", "threads = 4\n"),
    ("PrometheusGeventWorker", "gevent", "worker_connections = 1000\n"),
    ("PrometheusEventletWorker", "gunicorn.workers.geventlet", "worker_connections = 1000\n"),
])
def test_a_configuration_of_each_worker_class(start_gunicorn, need, worker_class, module, more):
    need(module)
    server = start_gunicorn(
        "--graceful-timeout", "3", conf=BASIC.format(worker_class=worker_class, when_ready="default_when_ready") + more)
    serves(server)
    assert server.end() == 0


def hub_of(port: int, redis_port: int, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Starts a hub, which serves what exporters forwarded to Redis."""
    variables = {**environment, "REDIS_PORT": str(redis_port), "PROMETHEUS_METRICS_PORT": str(port), "REDIS_KEY_PREFIX": "gunicorn"}
    return subprocess.Popen([EXECUTABLE, "hub"], env=variables, stdin=subprocess.DEVNULL)


def fleet(port: int) -> Exposition:
    try:
        return Exposition(LiveGunicorn._request(port, "GET", "/metrics")[1])
    except OSError:
        return Exposition("")


@pytest.mark.parametrize("when_ready", ["redis_when_ready", "redis_sidecar_when_ready"])
def test_a_configuration_that_forwards_to_redis(start_gunicorn, start_redis, environment, when_ready):
    redis = start_redis()
    variables = {
        "REDIS_ENABLED": "true", "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis.port), "REDIS_DB": "0", "REDIS_KEY_PREFIX": "gunicorn",
        "REDIS_FORWARD_INTERVAL": "1"}
    is_sidecar = "sidecar" in when_ready
    metrics_port = free_port()
    # A sidecar that shares the network has the metrics port.
    hub_port = metrics_port if is_sidecar else free_port()
    hub = hub_of(hub_port, redis.port, environment)
    try:
        wait_for(lambda: fleet(hub_port).text, "the hub")
        server = start_gunicorn(
            conf=BASIC.format(worker_class="PrometheusWorker", when_ready=when_ready), variables=variables, metrics_port=metrics_port)
        if not is_sidecar:
            serves(server)
        else:
            assert server.get("/") == server.get("/") == 200
        wait_for(lambda: fleet(hub_port).total("gunicorn_worker_requests_total") == 2, "the requests at the hub")
        assert "in use by another process" not in server.log
        assert server.end() == 0
    finally:
        hub.terminate()
        hub.wait(END_TIMEOUT)


def test_a_configuration_in_yaml(start_gunicorn, environment, tmp_path):
    for name in ("PROMETHEUS_MULTIPROC_DIR", "PROMETHEUS_BIND_ADDRESS"):
        del environment[name]
    file = tmp_path / "gunicorn-prometheus-exporter.yml"
    store = tmp_path / "yaml-store"
    file.write_text(YAML.format(port=free_port(), store=store))
    conf = f"""
import os
from gunicorn_prometheus_exporter.hooks import load_yaml_config
load_yaml_config(os.environ.get("PROMETHEUS_CONFIG_FILE", {str(file)!r}))
""" + HOOKS.format(worker_class="PrometheusWorker", when_ready="default_when_ready")
    server = start_gunicorn(conf=conf)
    serves(server)
    assert os.path.isdir(store)
    assert server.end() == 0

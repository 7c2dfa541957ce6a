"""The names of the Python package of the same name, used as its users use them."""

import json
import os
import signal

import pytest

from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

ROOT = "gunicorn_prometheus_exporter"

#: Every name of the package of the same name, by the module that its users import it from.
THEIRS = {
    "": (
        "PrometheusWorker PrometheusThreadWorker PrometheusGeventWorker PrometheusEventletWorker PrometheusMaster registry ExporterConfig "
        "ConfigManager ConfigState get_config_manager initialize_config get_config cleanup_config load_yaml_config RedisStorageManager "
        "get_redis_storage_manager setup_redis_metrics teardown_redis_metrics is_redis_enabled get_prometheus_eventlet_worker "
        "get_prometheus_gevent_worker default_on_starting default_when_ready default_worker_int default_on_exit default_post_fork "
        "redis_when_ready redis_sidecar_when_ready"),
    ".hooks": (
        "default_on_starting default_when_ready default_worker_int default_on_exit default_post_fork redis_when_ready "
        "redis_sidecar_when_ready load_yaml_config"),
    ".config": (
        "ExporterConfig ConfigManager ConfigState get_config_manager initialize_config get_config cleanup_config load_yaml_config"),
    ".metrics": (
        "registry BaseMetric WorkerRequests WorkerRequestDuration WorkerMemory WorkerCPU WorkerUptime WorkerFailedRequests "
        "WorkerErrorHandling WorkerState MasterWorkerRestarts WorkerRequestSize WorkerResponseSize WorkerRestartReason "
        "WorkerRestartCount MasterWorkerRestartCount get_shared_registry"),
    ".plugin": (
        "PrometheusMixin PrometheusWorker PrometheusThreadWorker PrometheusGeventWorker PrometheusEventletWorker "
        "get_prometheus_eventlet_worker get_prometheus_gevent_worker"),
}

FILE = """
exporter:
  prometheus: {{metrics_port: {port}, bind_address: 127.0.0.1, multiproc_dir: {store}}}
  gunicorn: {{workers: 2, timeout: 60, keepalive: 5}}
  redis: {{enabled: false, host: r, port: 6380, db: 3, password: hush, key_prefix: "mine:"}}
  cleanup: {{db_files: true}}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "theirs.yml"
    path.write_text(FILE.format(port=9191, store=tmp_path / "other-store"))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("module", THEIRS)
def test_every_name_imports(run_python, need, module):
    need("gevent", "gunicorn.workers.geventlet", "prometheus_client")
    done = run_python(f"from {ROOT}{module} import {THEIRS[module].replace(' ', ', ')}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("module", ["", ".hooks", ".config"])
def test_a_loaded_file_is_in_the_environment_too(run_python, file, tmp_path, module):
    done = run_python(f"""
import json, os
os.environ["REDIS_DB"] = "7"
del os.environ["PROMETHEUS_BIND_ADDRESS"], os.environ["PROMETHEUS_MULTIPROC_DIR"]
before = dict(os.environ)
from {ROOT}{module} import load_yaml_config
load_yaml_config({str(file)!r})
print(json.dumps({{name: value for name, value in os.environ.items() if before.get(name) != value}}))
from {ROOT} import ExporterConfig
config = ExporterConfig()
print(config.redis_db, config.redis_port, config.is_given("redis_port"))
""")
    assert done.returncode == 0, done.stderr
    changed, configuration = done.stdout.splitlines()
    changed = json.loads(changed)
    assert changed.pop("GUNICORN_EXPORTER_CONFIG_FILE") == str(file)
    assert "hush" not in changed.pop("GUNICORN_EXPORTER_FROM_FILE")
    assert changed == {
        "PROMETHEUS_METRICS_PORT": "9191", "PROMETHEUS_BIND_ADDRESS": "127.0.0.1",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "other-store"),
        "GUNICORN_WORKERS": "2", "GUNICORN_TIMEOUT": "60", "GUNICORN_KEEPALIVE": "5",
        "REDIS_ENABLED": "false", "REDIS_HOST": "r", "REDIS_PORT": "6380", "REDIS_KEY_PREFIX": "mine:", "CLEANUP_DB_FILES": "true",
    }
    assert configuration == "7 6380 True"


def test_a_configuration_that_reads_the_files_settings_from_the_environment_follows_a_reload(start_gunicorn, file):
    conf = f"""
import os
from {ROOT}.hooks import load_yaml_config
load_yaml_config({str(file)!r})
workers = int(os.environ["GUNICORN_WORKERS"])
""" + HOOKS + PROMETHEUS_WORKER
    server = start_gunicorn(conf=conf)
    server.wait_until_served()
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    text = file.read_text().replace("workers: 2", "workers: 3")
    file.write_text(text.replace("enabled: false, host: r, port: 6380", "enabled: true, host: 127.0.0.1, port: 1"))
    server.signal(signal.SIGHUP)
    wait_for(lambda: len(server.workers()) == 3, "three workers")
    wait_for(lambda: "127.0.0.1:1" in server.log, "the forwarder to the changed file's Redis")
    file.write_text(file.read_text().replace("workers: 3", "workers: 1"))
    server.signal(signal.SIGUSR2)
    wait_for(lambda: server.log.count("Booting worker") >= 6, "the worker of the second master")
    (second,) = server.second_masters()
    os.kill(second, signal.SIGTERM)
    wait_for(lambda: not server.second_masters(), "the end of the second master")
    assert server.log.count("Booting worker") == 6


def test_a_reload_with_another_directory_in_the_file_keeps_the_one_in_use(start_gunicorn, file, tmp_path, environment):
    del environment["PROMETHEUS_MULTIPROC_DIR"]
    conf = f"from {ROOT} import load_yaml_config\nload_yaml_config({str(file)!r})\n" + HOOKS + PROMETHEUS_WORKER
    server = start_gunicorn(conf=conf)
    assert server.get("/") == 200
    assert server.metrics(1).value("gunicorn_worker_requests_total", worker_id="worker_1") == 1
    file.write_text(file.read_text().replace("other-store", "third-store"))
    before = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: (now := server.workers()) and not set(before) & set(now), "new workers")
    assert server.get("/") == 200
    assert server.metrics(2).total("gunicorn_worker_requests_total") == 2
    assert not (tmp_path / "third-store").exists()


def test_a_directory_that_only_the_file_names_is_made_before_an_application_is_preloaded(start_gunicorn, file, tmp_path, environment):
    del environment["PROMETHEUS_MULTIPROC_DIR"]
    conf = f"""
from {ROOT}.hooks import default_on_starting, default_when_ready, load_yaml_config
load_yaml_config({str(file)!r})
on_starting, when_ready, preload_app = default_on_starting, default_when_ready, True
"""
    server = start_gunicorn(conf=conf, app="own_metrics_app:app")
    assert server.get("/") == 200
    assert server.metrics(1).total("gunicorn_worker_requests_total") == 1
    assert (tmp_path / "other-store").is_dir()


def test_the_hook_after_the_fork_exports_what_is_in_force(start_gunicorn):
    conf = HOOKS + PROMETHEUS_WORKER + f'post_fork = "{ROOT}.default_post_fork"\nworkers = 7\nkeepalive = 9\n'
    server = start_gunicorn("--workers", "1", "--timeout", "77", conf=conf, variables={"GUNICORN_WORKERS": "5"})
    code = f"""
import os
from {ROOT} import get_config
config = get_config()
assert (config.gunicorn_workers, config.gunicorn_timeout, config.gunicorn_keepalive) == (1, 77, 9)
assert os.environ["GUNICORN_BIND"] == "127.0.0.1:{server.port}"
assert os.environ["GUNICORN_WORKER_CLASS"].endswith("PrometheusWorker")
"""
    assert server.request("POST", "/exec", code) == (200, "")


@pytest.mark.parametrize("variable", ["auto", "5"])
def test_in_a_worker_the_servers_settings_win_over_the_variables(start_gunicorn, variable):
    server = start_gunicorn("--timeout", "77", conf=HOOKS + PROMETHEUS_WORKER + "keepalive = 9\n", variables={"GUNICORN_WORKERS": variable})
    code = f"""
from {ROOT} import ExporterConfig, get_config
for config in (get_config(), ExporterConfig()):
    assert config.get_gunicorn_config() == {{"workers": %s, "timeout": 77, "keepalive": 9}}, config.get_gunicorn_config()
"""
    assert server.request("POST", "/exec", code % "1") == (200, "")
    server.conf.write_text(server.conf.read_text() + "workers = 2\n")
    before = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: len(now := server.workers()) == 2 and not set(before) & set(now), "two new workers")
    assert server.request("POST", "/exec", code % "2") == (200, "")


def test_a_configuration_for_the_masters_next_reload_is_not_held_by_the_running_server(start_gunicorn, file):
    conf = f"from {ROOT} import ExporterConfig, load_yaml_config\nload_yaml_config({str(file)!r})\n" + HOOKS + PROMETHEUS_WORKER
    server = start_gunicorn(conf=conf + "workers = ExporterConfig().gunicorn_workers\n")
    server.wait_until_served()
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    file.write_text(file.read_text().replace("workers: 2", "workers: 3"))
    server.signal(signal.SIGHUP)
    wait_for(lambda: len(server.workers()) == 3, "three workers")


def test_the_configuration_manager_has_a_life_cycle(run_python):
    done = run_python(f"""
import os
from {ROOT} import ConfigManager, ConfigState, cleanup_config, get_config, get_config_manager, initialize_config
from {ROOT}.config import ConfigurationError, ExporterConfig
manager = get_config_manager()
assert isinstance(manager, ConfigManager) and manager is get_config_manager()
assert manager.state is ConfigState.UNINITIALIZED
initialize_config(PROMETHEUS_METRICS_PORT="9777", GUNICORN_WORKERS="4")
assert manager.state is ConfigState.INITIALIZED and manager.is_initialized
assert isinstance(get_config(), ExporterConfig) and get_config() is get_config()
assert (get_config().prometheus_metrics_port, get_config().gunicorn_workers) == (9777, 4)
os.environ["GUNICORN_WORKERS"] = "6"
assert get_config().gunicorn_workers == 6
cleanup_config()
assert manager.state is ConfigState.CLEANUP
assert get_config().gunicorn_workers == 6
try:
    initialize_config(PROMETHEUS_METRICS_PORT="0")
except ConfigurationError as error:
    print(error)
assert manager.state is ConfigState.ERROR
try:
    get_config()
except ConfigurationError as error:
    print(error)
""")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count('PROMETHEUS_METRICS_PORT is "0"') == 2


def test_redis_as_a_store_reports_once_what_to_do_instead(run_python):
    done = run_python(f"""
import os
from {ROOT} import (
    RedisStorageManager, get_redis_storage_manager, is_redis_enabled, setup_redis_metrics, teardown_redis_metrics)
for _ in range(2):
    print(is_redis_enabled(), setup_redis_metrics(), get_redis_storage_manager().setup(), get_redis_storage_manager().get_client())
    teardown_redis_metrics()
manager = RedisStorageManager(redis_client_factory=None)
assert get_redis_storage_manager() is get_redis_storage_manager()
manager.cleanup_keys()
manager.teardown()
os.mkdir(os.environ["PROMETHEUS_MULTIPROC_DIR"])
list(manager.get_collector().collect())
""", REDIS_ENABLED="true")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True True True None\n" * 2
    assert [line.split(" ")[1] for line in done.stderr.splitlines()] == [
        "setup_redis_metrics", "RedisStorageManager.setup", "RedisStorageManager.get_client", "teardown_redis_metrics",
        "RedisStorageManager.cleanup_keys", "RedisStorageManager.teardown"]
    assert all("set REDIS_ENABLED=true" in line for line in done.stderr.splitlines())


def test_the_workers_of_missing_packages_are_none(run_python):
    done = run_python(f"""
import sys
sys.modules["gevent"] = None
from {ROOT} import get_prometheus_eventlet_worker, get_prometheus_gevent_worker
from {ROOT} import plugin
print(get_prometheus_gevent_worker(), get_prometheus_eventlet_worker() is getattr(plugin, "PrometheusEventletWorker", None))
""")
    assert done.stdout == "None True\n", done.stderr


def test_a_class_over_the_mixin_records(start_gunicorn, tmp_path):
    (tmp_path / "mixed.py").write_text(f"""
from gunicorn.workers.sync import SyncWorker
from {ROOT}.plugin import PrometheusMixin
class Mixed(PrometheusMixin, SyncWorker):
    pass
""")
    conf = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n" + HOOKS + 'worker_class = "mixed.Mixed"\n'
    server = start_gunicorn(conf=conf)
    assert server.get("/") == 200
    assert server.metrics(1).value("gunicorn_worker_requests_total", worker_id="worker_1") == 1


def test_the_metric_classes_record_as_theirs_do(run_python, dump):
    done = run_python(f"""
from {ROOT}.metrics import *
from {ROOT}.metrics import (
    BaseMetric, MasterWorkerRestartCount, WorkerRequestSize, WorkerResponseSize, WorkerRestartCount, WorkerRestartReason, registry)
assert issubclass(WorkerRequestSize, BaseMetric) and issubclass(WorkerRequests, BaseMetric)
assert registry is get_shared_registry()
WorkerRequests.inc(worker_id="worker_7")
WorkerRequests().inc(worker_id="worker_7")
WorkerRequestDuration.observe(0.5, worker_id="worker_7")
WorkerRequests.labels(worker_id="worker_8").inc()
WorkerRequests().labels(worker_id="worker_8").inc(2)
WorkerMemory.labels(worker_id="worker_8").set(7)
WorkerRequestDuration.labels(worker_id="worker_8").observe(0.25)
WorkerRestartReason.labels(worker_id="worker_7", reason="quit").inc()
WorkerFailedRequests.inc(worker_id="worker_7", method="GET", endpoint="/", status_code="500")
WorkerRequestSize.observe(100, worker_id="worker_7")
WorkerResponseSize().observe(200, worker_id="worker_7")
MasterWorkerRestarts.inc()
for _ in range(2):
    WorkerRestartReason.inc(worker_id="worker_7", reason="quit")
    WorkerRestartCount().inc(worker_id="worker_7", restart_type="graceful", reason="quit")
    MasterWorkerRestartCount.inc(worker_id="worker_7", restart_type="graceful", reason="quit")
""")
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 3
    assert all("query gunicorn_worker_exits_total" in line for line in done.stderr.splitlines())
    metrics = dump()
    assert metrics.value("gunicorn_worker_requests_total", worker_id="worker_7") == 2
    assert metrics.value("gunicorn_worker_request_duration_seconds_sum", worker_id="worker_7") == 0.5
    assert metrics.value("gunicorn_worker_requests_total", worker_id="worker_8") == 3
    assert metrics.value("gunicorn_worker_request_duration_seconds_sum", worker_id="worker_8") == 0.25
    assert metrics.value("gunicorn_worker_request_size_bytes_sum", worker_id="worker_7") == 100
    assert metrics.value("gunicorn_worker_response_size_bytes_sum", worker_id="worker_7") == 200
    assert metrics.value("gunicorn_master_worker_restarts_total") == 1
    assert metrics.value("gunicorn_worker_failed_requests_total", worker_id="worker_7", status_code="500") == 1


def test_their_labels_and_values_of_a_metric_are_recorded_as_ours(run_python, dump):
    done = run_python(f"""
from {ROOT}.metrics import MasterWorkerRestarts, WorkerFailedRequests, WorkerState, registry
for _ in range(2):
    WorkerFailedRequests.inc(worker_id="worker_7", method="GET", endpoint="/", error_type="ValueError")
    MasterWorkerRestarts.inc(reason="hup")
WorkerState.set(1, worker_id="worker_7", state="quitting", timestamp="1.5")
WorkerState.labels(worker_id="worker_8", state="aborting", timestamp="1.5").set(1)
print(*sorted(labels["state"] for family in registry.collect() for name, labels, *_ in family.samples if name == "gunicorn_worker_state"))
""")
    assert done.stdout == "abort quit\n"
    assert done.returncode == 0, done.stderr
    assert len(done.stderr.splitlines()) == 2, done.stderr
    metrics = dump()
    assert metrics.value("gunicorn_worker_failed_requests_total", worker_id="worker_7", status_code="ValueError") == 2
    assert metrics.value("gunicorn_master_worker_restarts_total") == 2


def test_root_registry_generates_the_stores_metrics(run_python):
    done = run_python(f"""
from prometheus_client import generate_latest
from {ROOT} import registry
from {ROOT}.metrics import WorkerRequests
WorkerRequests.inc(3, worker_id="worker_1")
print(generate_latest(registry).decode())
""")
    assert 'gunicorn_worker_requests_total{worker_id="worker_1"} 3.0' in done.stdout, done.stderr

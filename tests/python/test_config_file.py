"""One YAML file, for hooks, workers and the exporter."""

import json
import signal

import pytest

from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

LOAD = 'from gunicorn_prometheus_exporter import load_yaml_config\nload_yaml_config("{}")\n'
VARIABLE = "GUNICORN_EXPORTER_CONFIG_FILE"


BOUNDS = """
exporter:
  labels: {{max_values: {}}}
  prometheus: {{max_series: 100000}}
"""


@pytest.fixture
def file(tmp_path):
    """A file that bounds labels and series."""
    path = tmp_path / "exporter.yml"
    path.write_text(BOUNDS.format(1))
    return path


def test_a_file_holds_for_hooks_workers_and_exporter(start_gunicorn, file):
    file.write_text(BOUNDS.format(1) + "  redis: {enabled: true, port: 1}\n")
    server = start_gunicorn(conf=LOAD.format(file) + HOOKS + PROMETHEUS_WORKER)
    server.get("/")
    server.get("/stream")
    metrics = server.metrics(2)
    assert metrics.value("gunicorn_exporter_label_overflow_total", label="endpoint") > 0
    assert metrics.has("gunicorn_http_requests_total", endpoint="__other__")
    wait_for(lambda: "127.0.0.1:1" in server.log or "localhost:1" in server.log, "the forwarder to the file's Redis")


def test_the_environment_wins_over_the_file(start_gunicorn, file):
    server = start_gunicorn(
        conf=LOAD.format(file) + HOOKS + PROMETHEUS_WORKER, variables={"GUNICORN_EXPORTER_MAX_LABEL_VALUES": "50"})
    server.get("/")
    server.get("/stream")
    assert server.metrics(2).value("gunicorn_exporter_label_overflow_total", label="endpoint") == 0


def test_the_shipped_configuration_takes_gunicorns_settings_from_the_file(start_gunicorn, file):
    file.write_text("exporter: {gunicorn: {workers: 3}}")
    server = start_gunicorn(config_option="python:gunicorn_prometheus_exporter.conf", variables={VARIABLE: str(file)})
    wait_for(lambda: len(server.workers()) == 3, "three workers")


def test_a_file_that_cannot_be_used_is_refused_with_every_error(run_python, file):
    file.write_text("exporter:\n  redis: {port: 0, hots: a}\n")
    done = run_python(f"""
from gunicorn_prometheus_exporter import load_yaml_config
from gunicorn_prometheus_exporter.config import ConfigurationError
try:
    load_yaml_config({str(file)!r})
except ConfigurationError as error:
    print(error)
""")
    assert done.stdout.splitlines() == [
        f'{file}:2:11: exporter.redis.port is "0"; set it to a whole number from 1 to 65535',
        f'{file}:2:20: exporter.redis has no setting "hots"; did you mean host?',
    ]


def test_the_configuration_in_python_is_that_of_the_file(run_python, file):
    file.write_text("exporter: {redis: {host: r, password: hush}, gunicorn: {workers: 6}}")
    done = run_python(f"""
import json
from gunicorn_prometheus_exporter import load_yaml_config
from gunicorn_prometheus_exporter.config import ConfigurationError, ExporterConfig
load_yaml_config({str(file)!r})
config = ExporterConfig()
print(json.dumps([config.redis_host, config.get_gunicorn_config()["workers"], config.is_given("redis_port")]))
try:
    config.redis_password
except ConfigurationError as error:
    print(error)
""")
    first, error = done.stdout.splitlines()
    assert json.loads(first) == ["r", 6, False]
    assert f"{file}:1" in error
    assert "hush" not in done.stdout + done.stderr


def test_a_relative_path_counts_from_where_it_is_loaded(run_python, file):
    done = run_python("""
import os
from gunicorn_prometheus_exporter import load_yaml_config
load_yaml_config("exporter.yml")
os.chdir("/")
from gunicorn_prometheus_exporter.config import ExporterConfig
print(ExporterConfig().validate(), ExporterConfig().recording_variables)
""")
    assert done.stdout == "True {'GUNICORN_EXPORTER_MAX_LABEL_VALUES': '1'}\n", done.stderr


def test_a_reload_of_gunicorn_takes_on_the_file_and_a_broken_one_changes_nothing(start_gunicorn, file):
    server = start_gunicorn(conf=LOAD.format(file) + HOOKS + PROMETHEUS_WORKER)
    server.wait_until_served()

    def reload(text: str, outcome: str) -> None:
        file.write_text(text)
        workers, seen = server.workers(), server.log.count(outcome)
        server.signal(signal.SIGHUP)
        wait_for(lambda: server.log.count(outcome) > seen, f"the exporter's word: {outcome}")
        wait_for(lambda: not set(workers) & set(server.workers()), "new workers")

    reload(BOUNDS.format(50), "configuration reloaded")
    server.get("/")
    server.get("/stream")
    assert server.metrics(2).value("gunicorn_exporter_label_overflow_total", label="endpoint") == 0

    reload("exporter: {labels: {max_values: none}}", "keeping the previous one")
    assert f'{file}:1:21: exporter.labels.max_values is "none"' in server.log
    server.get("/empty")
    metrics = server.metrics(3)
    assert metrics.value("gunicorn_exporter_label_overflow_total", label="endpoint") == 0
    assert metrics.value("gunicorn_exporter_config_last_reload_successful") == 0


def test_a_reload_without_a_file_leaves_the_exporter_alone(start_gunicorn):
    server = start_gunicorn()
    server.wait_until_served()
    exporters, workers = server.exporters(), server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: not set(workers) & set(server.workers()), "new workers")
    assert server.exporters() == exporters
    assert "read anew" not in server.log

"""A store whose path is not ASCII, in a Python whose file system encoding is ASCII."""

import os

import pytest

from live_gunicorn import HOOKS, PROMETHEUS_WORKER
from test_metrics_off import APP, said, serves

#: The C locale, without Python's UTF-8 mode and locale coercion.
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

CONFIGURATIONS = {"hooks": HOOKS, "worker class": PROMETHEUS_WORKER, "both": HOOKS + PROMETHEUS_WORKER}


@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["", "preload"])
@pytest.mark.parametrize("name", ["stör", "店"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_its_name_may_be_any_text(start_gunicorn, tmp_path, environment, dump, conf, name, preload):
    store = tmp_path / name
    environment.update(ASCII, PROMETHEUS_MULTIPROC_DIR=str(store))
    server = start_gunicorn(*preload, app=APP, conf=conf)
    assert serves(server) == "2 True"
    figures = server.metrics(requests=2) if HOOKS in conf else dump(requests=2)
    assert figures.total("gunicorn_worker_requests_total") == 2
    assert figures.value("hits_total") == 2
    assert server.end() == 0
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("gunicorn-")] == [name]


@pytest.mark.parametrize("locale", [ASCII, {}], ids=["ascii", "utf-8"])
@pytest.mark.parametrize("preload", [(), ("--preload",)], ids=["", "preload"])
@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_name_that_is_no_text_costs_metrics_and_nothing_else(start_gunicorn, tmp_path, environment, conf, preload, locale):
    environment.update(locale, PROMETHEUS_MULTIPROC_DIR=os.fsdecode(bytes(tmp_path) + b"/st\xff\xferr"))
    server = start_gunicorn(*preload, app=APP, conf=conf)
    assert serves(server) == "2 False"
    line = said(server)
    assert "PROMETHEUS_MULTIPROC_DIR: " in line and r"/st\xff\xferr is not valid UTF-8; choose another directory" in line
    assert server.end() == 0
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("gunicorn-")] == []


def test_a_metric_outside_a_server_is_recorded_in_any_name_that_is_text(run_python, tmp_path, environment, dump):
    store = tmp_path / "stör"
    environment.update(ASCII, PROMETHEUS_MULTIPROC_DIR=str(store))
    done = run_python("""
from gunicorn_prometheus_exporter.utils import ensure_multiprocess_dir, get_multiprocess_dir
assert ensure_multiprocess_dir(get_multiprocess_dir())
from gunicorn_prometheus_exporter.metrics import WorkerRequests
WorkerRequests().inc(worker_id="process_1")
""")
    assert done.returncode == 0, done.stderr
    assert dump(requests=1).total("gunicorn_worker_requests_total") == 1


def test_a_metric_outside_a_server_names_the_store_that_is_no_text(run_python, tmp_path):
    done = run_python("""
from gunicorn_prometheus_exporter.metrics import WorkerRequests
from gunicorn_prometheus_exporter.errors import ConfigurationError
try:
    WorkerRequests().inc(worker_id="process_1")
except ConfigurationError as error:
    print(ascii(str(error)))
""", PROMETHEUS_MULTIPROC_DIR=os.fsdecode(bytes(tmp_path) + b"/st\xff"), **ASCII)
    assert "is not valid UTF-8" in done.stdout, done.stderr

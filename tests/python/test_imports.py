"""Importing the package costs nothing and needs nothing."""

import ast
from pathlib import Path

PACKAGE_SOURCE = Path(__file__).resolve().parents[2] / "python" / "gunicorn_prometheus_exporter"

MODULES = "config, conf, errors, forwarder.manager, hooks, metrics, utils"


def test_importing_loads_neither_engine_nor_gunicorn_nor_prometheus_client(run_python):
    done = run_python(f"""
import sys, importlib, os
before = dict(os.environ)
for name in {MODULES.split(', ')!r}:
    importlib.import_module("gunicorn_prometheus_exporter." + name)
loaded = [name for name in sys.modules if name.split(".")[0] in ("gunicorn", "prometheus_client") or "_engine" in name]
assert not loaded, loaded
assert before == dict(os.environ)
import gunicorn_prometheus_exporter.plugin, gunicorn_prometheus_exporter.master
assert not any("_engine" in name or name.startswith("prometheus_client") for name in sys.modules)
""")
    assert done.returncode == 0, done.stderr


def test_metric_objects_are_pure_python_until_they_record(run_python):
    done = run_python("""
import sys
from gunicorn_prometheus_exporter import metrics
for name in metrics.__all__:
    if name.startswith(("Worker", "Master")):
        getattr(metrics, name)()
assert not any("_engine" in name for name in sys.modules)
metrics.WorkerRequests().inc(worker_id="process_1")
assert "gunicorn_prometheus_exporter._engine" in sys.modules
""")
    assert done.returncode == 0, done.stderr


def test_the_stub_of_the_engine_names_what_the_engine_has(run_python):
    done = run_python("""
import gunicorn_prometheus_exporter._engine as engine
print(*sorted(name for name in dir(engine) if not name.startswith("__")))
""")
    stub = ast.parse((PACKAGE_SOURCE / "_engine.pyi").read_text())
    assert done.stdout.split() == sorted(node.name for node in stub.body if isinstance(node, ast.FunctionDef))


def test_a_worker_that_serves_wsgi_loads_nothing_of_what_others_need(run_python):
    done = run_python("""
import sys
import gunicorn.app.wsgiapp, gunicorn.arbiter, gunicorn.workers.sync
servers = set(sys.modules)
from gunicorn_prometheus_exporter import conf, layout, master, plugin, worker_kinds
plugin.PrometheusWorker
layout.writes_timestamps()
worker_kinds.install
heavy = ("asyncio", "concurrent", "email", "importlib.metadata")
print(*sorted(name for name in set(sys.modules) - servers if name.startswith(heavy) or name.endswith("_server")))
""")
    assert done.stdout.split() == [], done.stderr

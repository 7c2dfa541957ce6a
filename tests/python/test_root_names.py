"""Names of the package: found lazily, loaded by Gunicorn, and a name that is not there gets a helpful error."""

import ast
import subprocess
import sys

import pytest

from live_gunicorn import HOOKS, PYTHON, RUN_GUNICORN
from worker_classes import ALL, OURS

ROOT = "gunicorn_prometheus_exporter"

#: The modules that a page or the API reference names.
PUBLIC = ("", ".conf", ".config", ".errors", ".forwarder", ".forwarder.manager", ".hooks", ".master", ".metrics", ".plugin", ".utils")

#: A module that each worker class needs.
NEEDS = {
    "PrometheusGeventWorker": "gevent",
    "PrometheusEventletWorker": "eventlet",
    "PrometheusTornadoWorker": "tornado",
    "PrometheusUvicornWorker": "uvicorn",
    "PrometheusASGIWorker": "gunicorn.workers.gasgi",
}


@pytest.mark.parametrize("name", OURS)
def test_a_worker_class_is_named_by_the_package_root(start_gunicorn, need, name):
    need(ALL[name].module)
    conf = HOOKS + f'worker_class = "{ROOT}.{name}"\nthreads = {ALL[name].threads}\n'
    server = start_gunicorn(conf=conf, app=ALL[name].app)
    assert server.get("/") == 200
    assert server.metrics(1).value("gunicorn_worker_requests_total", worker_id="worker_1") == 1
    assert server.end() == 0


@pytest.mark.parametrize("setting", [f"{ROOT}.PrometheusWorker", f"{ROOT}.plugin.PrometheusWorker", f"egg:{ROOT}#PrometheusWorker"])
def test_gunicorn_loads_each_form_of_a_class_name(run_python, tmp_path, setting):
    tomllib = pytest.importorskip("tomllib")
    from conftest import REPOSITORY

    project = tomllib.loads((REPOSITORY / "deploy" / "wheel" / "pyproject.toml").read_text())["project"]
    folder = tmp_path / f"{ROOT}-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1\n")
    groups = {"console_scripts": project["scripts"], **project.get("entry-points", {})}
    (folder / "entry_points.txt").write_text(
        "".join(f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in names.items()) for group, names in groups.items()))
    done = run_python(f"""
import sys
sys.path.append({str(tmp_path)!r})
from gunicorn import util
print(util.load_class({setting!r}).__name__)
""")
    assert done.stdout == "PrometheusWorker\n", done.stderr


def test_every_worker_class_has_an_entry_point_of_gunicorn():
    tomllib = pytest.importorskip("tomllib")
    from conftest import REPOSITORY

    project = tomllib.loads((REPOSITORY / "deploy" / "wheel" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["gunicorn.workers"] == {name: f"{ROOT}.plugin:{name}" for name in OURS}


def refusal(environment, tmp_path, conf: str) -> str:
    """Returns what Gunicorn prints when it does not start with a configuration."""
    (tmp_path / "conf.py").write_text(conf)
    command = [*PYTHON, str(RUN_GUNICORN), "-c", str(tmp_path / "conf.py"), "-b", "127.0.0.1:0", "app:app"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    return done.stdout + done.stderr


@pytest.mark.parametrize("module", ["", ".plugin"])
@pytest.mark.parametrize(("wrong", "nearest"), [
    ("PrometheusWroker", "PrometheusWorker"), ("PrometheusSyncWorker", "PrometheusWorker"), ("prometheusthreadworker", "PrometheusThreadWorker")])
def test_gunicorn_reports_the_name_nearest_to_a_wrong_worker_class(environment, tmp_path, module, wrong, nearest):
    said = refusal(environment, tmp_path, f'worker_class = "{ROOT}{module}.{wrong}"\n')
    assert f"ImportError: {ROOT}{module} has no {wrong}; did you mean {nearest}?" in said


@pytest.mark.parametrize("module", ["", ".hooks"])
def test_gunicorn_reports_the_name_nearest_to_a_wrong_hook(environment, tmp_path, module):
    said = refusal(environment, tmp_path, f'on_starting = "{ROOT}{module}.default_on_start"\n')
    assert f"{ROOT}{module} has no default_on_start; did you mean default_on_starting?" in said


@pytest.mark.parametrize(("module", "wrong", "nearest"), [
    ("", "PrometheusWroker", "PrometheusWorker"),
    ("", "default_when_redy", "default_when_ready"),
    (".plugin", "PrometheusGThreadWorker", "PrometheusThreadWorker"),
    (".hooks", "default_postfork", "default_post_fork"),
    (".config", "load_yml_config", "load_yaml_config"),
    (".metrics", "WorkerRequest", "WorkerRequests"),
])
def test_an_import_of_a_wrong_name_is_told_the_nearest_one(run_python, module, wrong, nearest):
    done = run_python(f"""
import {ROOT}{module} as module
assert not hasattr(module, {wrong!r})
try:
    from {ROOT}{module} import {wrong}
except ImportError as error:
    print(error)
""")
    assert done.stdout == f"{ROOT}{module} has no {wrong}; did you mean {nearest}?\n", done.stderr


def test_a_name_like_no_other_is_an_import_error_without_a_guess(run_python):
    done = run_python(f"""
from {ROOT} import master, metrics  # Submodules are found as before.
try:
    from {ROOT} import zzz
except ImportError as error:
    print(error)
""")
    assert done.stdout == f"{ROOT} has no zzz\n", done.stderr


@pytest.mark.parametrize("module", ["", ".plugin"])
@pytest.mark.parametrize("name", NEEDS)
def test_a_class_whose_package_is_missing_is_not_there(run_python, name, module):
    done = run_python(f"""
import sys
sys.modules[{NEEDS[name]!r}] = None
import {ROOT}{module} as module
assert {name!r} in dir(module)
assert not hasattr(module, {name!r})
try:
    from {ROOT}{module} import {name}
except ImportError as error:
    print(error)
""")
    assert done.returncode == 0, done.stderr
    assert f"{name} needs" in done.stdout
    assert done.stdout.endswith("; install it where Gunicorn runs\n")


def test_gunicorn_reports_the_package_that_a_worker_class_needs(environment, tmp_path):
    said = refusal(environment, tmp_path, f'import sys\nsys.modules["gevent"] = None\nworker_class = "{ROOT}.PrometheusGeventWorker"\n')
    assert "ImportError: PrometheusGeventWorker needs gevent" in said
    assert "cannot be imported: PrometheusGeventWorker" not in said


@pytest.mark.parametrize("module", PUBLIC)
def test_the_help_of_a_module_can_be_read(run_python, module):
    done = run_python(f"import pydoc, {ROOT}{module} as module; print(pydoc.plain(pydoc.render_doc(module)))")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith(f"Python Library Documentation: {'package' if module in ('', '.forwarder') else 'module'} {ROOT}{module}")


def test_the_root_finds_what_it_lists_without_gunicorn_and_prometheus_client(run_python):
    done = run_python(f"""
import sys
import {ROOT} as root
loaded = [name for name in sys.modules if name.split(".")[0] in ("gunicorn", "prometheus_client") or "_engine" in name]
assert not loaded, loaded
sys.modules["gunicorn"] = sys.modules["prometheus_client"] = None
print(*sorted(name for name in root.__all__ if not hasattr(root, name)))
""")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {
        *OURS, "PrometheusMaster", "registry", "get_prometheus_eventlet_worker", "get_prometheus_gevent_worker"}

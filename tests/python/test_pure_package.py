"""Where the package has no engine, Gunicorn serves as without the package, and one line says that metrics are off."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import PACKAGE
from live_gunicorn import HOOKS, LiveGunicorn, wait_for

#: Hides /proc, which a Mac does not have.
WITHOUT_PROC = ("unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh")

FILE = """
import gunicorn_prometheus_exporter
gunicorn_prometheus_exporter.load_yaml_config("exporter.yml")
"""

OWN_WORKER = 'worker_class = "gunicorn_prometheus_exporter.Prometheus{}Worker"\n'

CONFIGURATIONS = {
    "hooks": HOOKS,
    "hooks and worker class": HOOKS + OWN_WORKER.format(""),
    "worker class": OWN_WORKER.format(""),
    "threads": HOOKS + OWN_WORKER.format("Thread"),
    "conf module": "from gunicorn_prometheus_exporter.conf import *\n",
    "file": FILE + HOOKS,
    "redis": FILE + HOOKS.replace("default_when_ready", "redis_when_ready"),
}


@pytest.fixture
def pure_package(tmp_path: Path, environment: "dict[str, str]") -> Path:
    """A copy of the package as the wheel py3-none-any has it."""
    copy = tmp_path / "packages" / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("bin", "*.so", "__pycache__"))
    environment["PYTHONPATH"] = os.pathsep.join([str(copy.parent), environment["PYTHONPATH"]])
    environment["PATH"] = "/usr/bin:/bin"
    return copy


@pytest.fixture
def mac(pure_package: Path, environment: "dict[str, str]") -> "tuple[str, ...]":
    """Makes Gunicorn run as on a Mac. Returns the launcher."""
    here = Path(__file__).parent / "foreign_system"
    environment["PYTHONPATH"] = os.pathsep.join([str(here), environment["PYTHONPATH"]])
    return WITHOUT_PROC if os.geteuid() == 0 else ()


def check(server: LiveGunicorn, requests: int = 3) -> None:
    """Fails unless the server serves and logs exactly one line about its metrics."""
    for _ in range(requests):
        assert server.get("/") == 200
    server.process.terminate()
    assert server.process.wait(60) == 0
    # The ends of workers that a reload stopped, as versions of Gunicorn report them.
    others = ("[INFO]", "was terminated due to signal", "was sent SIGTERM")
    lines = [line for line in server.log.splitlines() if not any(other in line for other in others)]
    assert len(lines) == 1, server.log
    assert "[WARNING] Metrics are off: the installed package has no engine for CPython" in lines[0]


@pytest.mark.parametrize("conf", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_mac_serves_with_one_line(start_gunicorn, mac, conf):
    server = start_gunicorn("-w", "2", conf=conf, launcher=mac, variables={"GUNICORN_WORKERS": "2"})
    wait_for(lambda: server.log.count("Booting worker") == 2, "the second worker")
    check(server)
    assert " on darwin " in server.log


def test_a_reload_says_nothing_again(start_gunicorn, mac):
    server = start_gunicorn(launcher=mac)
    server.process.send_signal(1)
    wait_for(lambda: server.log.count("Booting worker") == 2, "the new worker")
    check(server)


@pytest.mark.parametrize("options", [(), ("--preload",)], ids=["loaded by workers", "preloaded"])
@pytest.mark.parametrize("conf", [HOOKS, CONFIGURATIONS["hooks and worker class"]], ids=["hooks", "worker class"])
def test_the_applications_own_metrics_stay_what_they_are(start_gunicorn, mac, environment, conf, options):
    server = start_gunicorn(*options, conf=conf, launcher=mac, app="own_metrics_app:app")
    assert server.request("GET", "/") == (200, "1 True")
    assert [file.name for file in Path(environment["PROMETHEUS_MULTIPROC_DIR"]).glob("counter_*.db")]
    check(server, requests=1)


def test_an_interpreter_that_cannot_load_the_engine_serves_with_one_line(start_gunicorn, environment, tmp_path):
    # As a free-threaded CPython, which loads no module of the stable ABI.
    (tmp_path / "sitecustomize.py").write_text(
        'from importlib import machinery\nmachinery.EXTENSION_SUFFIXES.remove(".abi3.so")\n')
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), environment["PYTHONPATH"]])
    check(start_gunicorn(conf=HOOKS))


def test_what_needs_the_engine_says_why_it_cannot(pure_package, run_python):
    done = run_python("""
import gunicorn_prometheus_exporter as package
from gunicorn_prometheus_exporter import executable, metrics
from gunicorn_prometheus_exporter.errors import ConfigurationError, MetricsError
for call in (lambda: metrics.WorkerRequests().inc(worker_id="worker_1"), package.ExporterConfig):
    try:
        call()
    except (ConfigurationError, MetricsError) as error:
        print(error)
executable.main()
""")
    assert done.returncode == 1
    for line in (*done.stdout.splitlines(), *done.stderr.splitlines()):
        assert "the installed package has no engine for CPython" in line and "docs/installing.md" in line, line
    assert len(done.stdout.splitlines()) == 2 and len(done.stderr.splitlines()) == 1


def test_every_module_of_a_mac_can_be_imported(mac, environment, tmp_path):
    code = """
import importlib, pkgutil, sys
import gunicorn_prometheus_exporter as package
assert sys.platform == "darwin"
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        if (error.name or "").partition(".")[0] in ("", package.__name__):
            raise
    except RuntimeError as error:
        # Gunicorn's, of a worker class whose library is missing.
        if "worker requires" not in str(error):
            raise
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""A user's code passes a strict type check."""

import os
import shutil
import subprocess
import sys
import venv

import pytest

from conftest import PACKAGE
from test_namesake import ROOT, THEIRS

SCRIPT = "from typing import Any, Dict\n" + "".join(f"from {ROOT}{module} import {names.replace(' ', ', ')}\n" for module, names in THEIRS.items()) + f"""
from {ROOT}.config import ConfigurationError
from {ROOT}.forwarder import BaseForwarder, RedisForwarder, create_redis_forwarder, get_forwarder_manager
from {ROOT}.forwarder.manager import ForwarderManager
from {ROOT}.metrics import MetricsError
from {ROOT}.plugin import PrometheusASGIWorker, PrometheusTornadoWorker, PrometheusUvicornWorker
from {ROOT}.utils import ensure_multiprocess_dir, get_multiprocess_dir
import {ROOT}


class Worker(PrometheusWorker):
    def handle_request(self, listener: Any, req: Any, client: Any, addr: Any) -> Any:
        return super().handle_request(listener, req, client, addr)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        super().handle_error(req, client, addr, exc)

    def update_worker_metrics(self) -> None:
        super().update_worker_metrics()

    def handle_quit(self, signum: int, frame: Any) -> None:
        super().handle_quit(signum, frame)

    def handle_abort(self, signum: int, frame: Any) -> None:
        super().handle_abort(signum, frame)

    def _clear_old_metrics(self) -> None:
        super()._clear_old_metrics()


class Mixed(PrometheusMixin):
    pass


class Asynchronous(PrometheusASGIWorker):
    pass


class Rooted({ROOT}.PrometheusThreadWorker):
    pass


class Master(PrometheusMaster):
    pass


class Own(BaseForwarder):
    def _forward_metrics(self, metrics: str) -> None:
        print(metrics)


def use_master(master: PrometheusMaster) -> None:
    master._setup_master_metrics()
    master.signal(1, None)
    for handle in (
            master.handle_hup, master.handle_ttin, master.handle_ttou, master.handle_chld, master.handle_usr1, master.handle_usr2):
        handle(1, None)
    master.init_signals()


config = ExporterConfig()
if not config.validate():
    raise ConfigurationError("invalid")
config.print_config()
prometheus: Dict[str, Any] = config.get_prometheus_config()
port: int = config.prometheus_metrics_port
settings = config.get_gunicorn_config()
WorkerRequests.inc(worker_id="worker_1")
WorkerRequests().inc(2.0, worker_id="worker_1")
WorkerMemory.set(1.0, worker_id="worker_1")
WorkerRequestDuration().observe(0.5, worker_id="worker_1")
WorkerFailedRequests().inc(worker_id="worker_1", method="GET", endpoint="/api/users", status_code="404")
WorkerErrorHandling().inc(worker_id="worker_1", method="POST", endpoint="/api/data", error_type="ValueError")
WorkerState().set(1.0, worker_id="worker_1", state="running", timestamp="1640995200.123")
MasterWorkerRestarts().inc()
WorkerRequestSize.observe(1.0, worker_id="worker_1")
manager = ForwarderManager()
manager.add_forwarder("redis", create_redis_forwarder())
manager.start_forwarder("redis")
manager.stop_forwarder("redis")
manager.start_all()
manager.stop_all()
state: str = manager.get_status()["redis"]["state"]
load_yaml_config("exporter.yml")
enabled: bool = is_redis_enabled() or setup_redis_metrics()
initialize_config(GUNICORN_WORKERS="2")
workers: int = get_config().gunicorn_workers
life: ConfigState = get_config_manager().state
default_on_starting(None)
default_post_fork(None, None)
directory = get_multiprocess_dir()
ready: bool = ensure_multiprocess_dir("/tmp/store")
families = list(registry.collect()) + list(get_shared_registry().collect())
found = get_prometheus_gevent_worker()
"""


@pytest.mark.parametrize("interpreter", [None, "3.9"])
def test_a_script_with_every_name_passes_mypy_strict(tmp_path, interpreter):
    mypy = shutil.which("mypy")
    if mypy is None:
        pytest.skip("mypy is missing (apt install mypy): NO TYPE IS CHECKED")
    venv.create(tmp_path / "venv", system_site_packages=True)
    shutil.copytree(PACKAGE, tmp_path / "venv" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages" / PACKAGE.name)
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = [mypy, "--strict", "--python-executable", str(tmp_path / "venv" / "bin" / "python"), str(script)]
    if interpreter:
        command += ["--python-version", interpreter]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "MYPY_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": ""},
        capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "Success: no issues found in 1 source file\n"), done.stdout + done.stderr

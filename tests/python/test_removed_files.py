"""A user's hook removes files of an earlier run, as the documentation of ``prometheus_client`` advises, before or after ours."""

import os
import signal

import pytest

from live_gunicorn import HOOKS, PROMETHEUS_WORKER, wait_for

_REMOVALS = {
    "files": "[path.unlink() for path in store.glob('*.db')]",
    "everything": "[path.unlink() for path in store.iterdir()]",
    "directory": "shutil.rmtree(store, ignore_errors=True); store.mkdir(exist_ok=True)",
}

_ORDERS = {
    "before": "    remove()\n    gunicorn_prometheus_exporter.default_on_starting(server)\n",
    "after": "    gunicorn_prometheus_exporter.default_on_starting(server)\n    remove()\n",
}


def configuration(order: str, removal: str) -> str:
    return HOOKS + PROMETHEUS_WORKER + f"""
import os, pathlib, shutil
import gunicorn_prometheus_exporter

def remove():
    store = pathlib.Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if store.is_dir():
        {removal}

def on_starting(server):
{_ORDERS[order]}"""


@pytest.mark.parametrize("order", _ORDERS)
@pytest.mark.parametrize("removal", _REMOVALS)
def test_a_hook_that_removes_files_harms_nothing_of_ours(start_gunicorn, environment, order, removal):
    server = start_gunicorn("--workers", "2", conf=configuration(order, _REMOVALS[removal]))

    for _ in range(3):
        assert server.get("/") == 200
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.metrics(3).value("gunicorn_master_signals_total", signal="hup") == 1, "the signal")

    found = server.metrics(3)
    assert found.total("gunicorn_worker_requests_total") == 3
    assert found.value("gunicorn_up") == 1
    assert found.value("gunicorn_workers", state="configured") == 2
    assert found.total("gunicorn_master_cpu_seconds_total") > 0
    assert "metrics of the master are not recorded" not in server.log and "nobody reads" not in server.log
    assert server.end() == 0
    assert not [name for name in os.listdir(environment["PROMETHEUS_MULTIPROC_DIR"]) if name.endswith((".run", ".new"))]


def test_the_files_of_a_master_that_is_root_return_to_the_workers_user(start_gunicorn, environment, public_directory):
    if os.geteuid() != 0:
        pytest.skip("only root can start workers of another user")
    store = public_directory / "store"
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(store)
    server = start_gunicorn("--user", "nobody", "--group", "nogroup")
    server.wait_until_served()
    name = "counter_master-1.db"
    before = store.joinpath(name).stat()
    # The workers' user owns the file, and could have root make a copy that runs as root.
    store.joinpath(name).chmod(0o7000 | before.st_mode)
    store.joinpath(name).unlink()

    wait_for(store.joinpath(name).exists, "the file")
    server.signal(signal.SIGHUP)
    wait_for(lambda: server.scrape().value("gunicorn_master_signals_total", signal="hup") == 1, "the signal")
    after = store.joinpath(name).stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert "not recorded" not in server.log


def test_a_file_that_the_workers_user_extended_is_not_copied(start_gunicorn, environment, tmp_path):
    server = start_gunicorn()
    server.wait_until_served()
    path = tmp_path / "store" / "counter_master-1.db"
    with path.open("r+b") as file:
        file.truncate(1 << 40)
    path.unlink()

    wait_for(lambda: "a file of the master was removed" in server.log, "the line")
    assert server.get("/") == 200
    assert not path.exists()

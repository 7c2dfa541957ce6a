"""The store of a running server is removed, renamed, replaced or emptied, and the server is reloaded."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Callable

import pytest

from conftest import EXECUTABLE
from exposition import Exposition
from live_gunicorn import END_TIMEOUT, LiveGunicorn, free_port, wait_for

LINE_OF_MASTER = "Metrics are recorded where nobody reads them: "
LINE_OF_EXPORTER = "while Gunicorn records in it; reload Gunicorn (SIGHUP)"


def remove(store: Path) -> None:
    """``rm -rf``."""
    shutil.rmtree(store)


def rename(store: Path) -> None:
    """``mv``."""
    store.rename(store.with_name("renamed"))


def rename_parent(store: Path) -> None:
    """``mv`` of the parent directory."""
    store.parent.rename(store.parent.with_name("renamed"))


def replace(store: Path) -> None:
    """``rm -rf`` and ``mkdir`` as the store's own user."""
    shutil.rmtree(store)
    store.mkdir(0o700)


def empty(store: Path) -> None:
    """``rm -rf store/*``."""
    for path in list(store.iterdir()):
        path.unlink()


LOSSES: list[Callable[[Path], None]] = [remove, rename, rename_parent, replace, empty]


def health(server: LiveGunicorn, path: str = "/-/healthy") -> tuple[int, str]:
    return server._request(server.metrics_port, "GET", path)


def begin(start_gunicorn: Callable[..., LiveGunicorn], environment: dict[str, str], tmp_path: Path) -> tuple[LiveGunicorn, Path]:
    """Starts a server and sends three requests. Returns the server and its store."""
    store = tmp_path / "parent" / "store"
    store.parent.mkdir()
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(store)
    server = start_gunicorn("--workers", "2")
    # A worker that starts after the loss creates the directory.
    wait_for(lambda: server.metrics().value("gunicorn_workers", state="live") == 2, "both workers")
    for _ in range(3):
        assert server.get("/") == 200
    server.metrics(requests=3)
    return server, store


def reload(server: LiveGunicorn) -> None:
    """Reloads the server and waits until both workers are new."""
    before = set(server.workers())
    server.signal(signal.SIGHUP)
    wait_for(lambda: len(now := server.workers()) == 2 and not before & set(now), "two other workers")


@pytest.mark.parametrize("lose", LOSSES, ids=lambda lose: lose.__name__)
def test_a_lost_store_is_told_by_health_and_logged_once_by_each_and_a_reload_heals_it(start_gunicorn, environment, tmp_path, lose):
    server, store = begin(start_gunicorn, environment, tmp_path)

    lose(store)

    for path in ("/-/healthy", "/-/ready"):
        wait_for(lambda path=path: health(server, path)[0] == 503, f"503 at {path}")
    reason = health(server)[1]
    assert str(store) in reason and LINE_OF_EXPORTER in reason and reason.count("\n") == 1
    assert server.scrape().value("gunicorn_up") == 0
    wait_for(lambda: LINE_OF_MASTER in server.log, "the master's line")
    assert [server.get("/") for _ in range(3)] == [200] * 3

    reload(server)

    wait_for(lambda: health(server) == (200, "healthy\n"), "health")
    assert health(server, "/-/ready") == (200, "ready\n")
    for _ in range(5):
        assert server.get("/") == 200
    after = server.metrics(requests=5)
    assert after.value("gunicorn_up") == 1
    assert after.total("gunicorn_worker_requests_total") == 5
    assert after.value("gunicorn_workers", state="configured") == 2
    assert after.value("gunicorn_master_signals_total", signal="hup") == 1
    wait_for(lambda: "store works again" in server.log, "the exporter's last line")
    assert server.log.count(LINE_OF_MASTER) == server.log.count(LINE_OF_EXPORTER) == 1
    assert f"Metrics are recorded in {store} again" in server.log

    # The master still has its slot and its exits.
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.scrape().value("gunicorn_worker_exits_total", reason="signal") == 1, "the exit")
    exporter = server.exporters()
    reload(server)
    assert server.exporters() == exporter
    assert server.scrape().value("gunicorn_up") == 1
    assert server.end() == 0
    assert not list(store.glob("*.run"))


def test_counts_in_a_store_that_is_put_in_place_of_another_continue_once(start_gunicorn, environment, tmp_path):
    server, store = begin(start_gunicorn, environment, tmp_path)
    shutil.copytree(store, store.with_name("copy"), ignore=shutil.ignore_patterns("control.sock"))
    shutil.rmtree(store)
    store.with_name("copy").rename(store)
    wait_for(lambda: health(server)[0] == 503, "503")

    reload(server)

    wait_for(lambda: health(server)[0] == 200, "health")
    assert server.get("/") == 200
    assert server.metrics(requests=4).total("gunicorn_worker_requests_total") == 4


def test_a_store_that_is_moved_back_needs_no_reload_and_loses_nothing(start_gunicorn, environment, tmp_path):
    server, store = begin(start_gunicorn, environment, tmp_path)
    elsewhere = store.with_name("renamed")
    store.rename(elsewhere)
    wait_for(lambda: health(server)[0] == 503, "503")
    assert server.get("/") == 200
    elsewhere.rename(store)

    wait_for(lambda: health(server)[0] == 200, "health")

    assert server.metrics(requests=4).total("gunicorn_worker_requests_total") == 4
    reload(server)
    assert server.get("/") == 200
    after = server.metrics(requests=5)
    assert (after.value("gunicorn_up"), after.total("gunicorn_worker_requests_total")) == (1, 5)
    assert server.log.count(LINE_OF_MASTER) <= 1


def test_a_store_that_stands_elsewhere_and_is_led_to_by_a_link_stays_in_use_without_a_second_master(start_gunicorn, environment, tmp_path):
    server, store = begin(start_gunicorn, environment, tmp_path)
    store.parent.rename(tmp_path / "moved")
    (tmp_path / "parent").symlink_to("moved")
    wait_for(lambda: LINE_OF_MASTER in server.log, "the master's line")

    reload(server)

    wait_for(lambda: health(server)[0] == 200, "health")
    assert server.get("/") == 200
    after = server.metrics(requests=4)
    assert (after.value("gunicorn_up"), after.value("gunicorn_workers", state="configured")) == (1, 2)
    assert after.total("gunicorn_worker_requests_total") == 4
    assert after.value("gunicorn_master_signals_total", signal="hup") == 1
    assert "another Gunicorn master" not in server.log


def test_a_reload_that_cannot_use_what_stands_there_now_is_logged_and_the_next_one_heals(start_gunicorn, environment, tmp_path):
    server, store = begin(start_gunicorn, environment, tmp_path)
    shutil.rmtree(store)
    store.write_text("")
    reload(server)
    wait_for(lambda: "Metrics are not recorded: " in server.log, "the line")
    assert [server.get("/") for _ in range(3)] == [200] * 3
    wait_for(lambda: health(server)[0] == 503, "503")

    store.unlink()
    reload(server)

    wait_for(lambda: health(server)[0] == 200, "health")
    assert server.get("/") == 200
    assert server.metrics(requests=1).value("gunicorn_up") == 1


def test_an_exporter_that_starts_again_after_the_loss_tells_of_it_too(start_gunicorn, environment, tmp_path):
    server, store = begin(start_gunicorn, environment, tmp_path)
    before = server.exporters()
    shutil.rmtree(store)
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: server.exporters() not in ([], before), "another exporter")

    def is_unhealthy() -> bool:
        try:
            return health(server)[0] == 503
        except OSError:
            return False

    wait_for(is_unhealthy, "503")


def test_a_standalone_exporter_tells_of_the_loss_until_the_server_has_another_store(start_gunicorn, environment, tmp_path):
    server, store = begin(start_gunicorn, environment, tmp_path)
    port = free_port()
    with (tmp_path / "standalone.log").open("wb") as log:
        process = subprocess.Popen(
            [str(EXECUTABLE), "serve", "--multiproc-dir", str(store), "--web.listen-address", f"127.0.0.1:{port}"],
            env=environment, stdout=log, stderr=log)
    try:
        def status(path: str = "/-/healthy") -> int:
            try:
                return LiveGunicorn._request(port, "GET", path)[0]
            except OSError:
                return 0

        wait_for(lambda: status() == 200, "the exporter")
        wait_for(lambda: 'gunicorn_up 1.0' in LiveGunicorn._request(port, "GET", "/metrics")[1], "the master")
        shutil.rmtree(store)
        wait_for(lambda: status() == 503, "503")
        reload(server)
        wait_for(lambda: status() == 200, "health")
        assert Exposition(LiveGunicorn._request(port, "GET", "/metrics")[1]).value("gunicorn_up") == 1
        server.end()
        shutil.rmtree(store)
        assert (tmp_path / "standalone.log").read_text().count(LINE_OF_EXPORTER) == 1
    finally:
        process.terminate()
        process.wait(END_TIMEOUT)

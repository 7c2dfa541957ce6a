"""``check`` finds what an operator forgot: hooks, the directory of a preloaded application, and labels that Prometheus renames."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from conftest import EXECUTABLE
from live_gunicorn import HOOKS, PROMETHEUS_WORKER, LiveGunicorn, free_port, wait_for
from live_prometheus import LivePrometheus

PRELOADED = "prometheus_client was imported before PROMETHEUS_MULTIPROC_DIR was set"
WITHOUT_HOOKS = "is a Gunicorn without metrics"


def check(environment: dict[str, str], *arguments: str, **variables: str) -> str:
    command = [str(EXECUTABLE), "check", *arguments]
    done = subprocess.run(command, env={**environment, **variables}, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("conf", [HOOKS, HOOKS + PROMETHEUS_WORKER], ids=["hooks", "both"])
def test_a_preloaded_application_without_the_directory_is_logged_and_found(start_gunicorn, environment, tmp_path, conf):
    del environment["PROMETHEUS_MULTIPROC_DIR"]
    environment["XDG_RUNTIME_DIR"] = environment["TMPDIR"] = str(tmp_path)
    server = start_gunicorn("--preload", "--workers", "2", app="own_metrics_app:app", conf=conf)
    server.wait_until_served()

    assert server.log.count(PRELOADED) == 1
    assert f"warning: {store_of(server)}: {PRELOADED}" in check(environment, str(store_of(server)))

    server.end()
    environment["PROMETHEUS_MULTIPROC_DIR"] = str(store_of(server))
    repaired = start_gunicorn("--preload", "--workers", "2", app="own_metrics_app:app", conf=conf)
    repaired.wait_until_served()
    assert PRELOADED not in repaired.log
    assert PRELOADED not in check(environment, environment["PROMETHEUS_MULTIPROC_DIR"])


def store_of(server: LiveGunicorn) -> Path:
    lock, = server.conf.parent.parent.glob("**/slots.lock")
    return lock.parent


def test_an_application_that_is_not_preloaded_needs_no_directory(start_gunicorn, environment, tmp_path):
    del environment["PROMETHEUS_MULTIPROC_DIR"]
    environment["XDG_RUNTIME_DIR"] = environment["TMPDIR"] = str(tmp_path)
    server = start_gunicorn(app="own_metrics_app:app")
    server.wait_until_served()
    assert PRELOADED not in server.log


def test_a_server_without_hooks_is_found_by_its_process(environment, tmp_path):
    """As a stranger starts it: ``gunicorn app:app``."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", "2", "--chdir", str(Path(__file__).parent), "app:app"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        wait_for(lambda: "Booting worker" in (tmp_path / "log").read_text(), "a worker")
        for arguments in ([], [environment["PROMETHEUS_MULTIPROC_DIR"]]):
            found = check(environment, *arguments, PROMETHEUS_METRICS_PORT=str(free_port()))
            line, = (line for line in found.splitlines() if line.startswith(f"error: process {process.pid} "))
            assert WITHOUT_HOOKS in line and "-c python:gunicorn_prometheus_exporter.conf" in line
    finally:
        process.terminate()
        process.wait(60)


def test_a_server_with_the_worker_class_only_is_found_in_its_store(start_gunicorn, environment):
    server = start_gunicorn(conf=PROMETHEUS_WORKER)
    store = environment["PROMETHEUS_MULTIPROC_DIR"]
    assert server.get("/") == 200
    wait_for(lambda: "workers record in it, but their master does not" in check(environment, store), "the finding")


def test_a_server_with_hooks_is_no_server_without(start_gunicorn, environment):
    server = start_gunicorn(conf=HOOKS)
    server.wait_until_served()
    found = check(environment, environment["PROMETHEUS_MULTIPROC_DIR"])
    assert WITHOUT_HOOKS not in found and "their master does not" not in found


@pytest.fixture
def start_prometheus(tmp_path: Path) -> "Iterator[Callable[[dict[str, Any]], LivePrometheus]]":
    program = shutil.which("prometheus") or pytest.skip("there is no prometheus: THE CHECK OF LABELS IS NOT TESTED")
    started: list[LivePrometheus] = []

    def start(scrape: dict[str, Any]) -> LivePrometheus:
        started.append(LivePrometheus(tmp_path / f"prometheus-{len(started)}", [scrape], [], program))
        started[-1].wait_until_scraping()
        return started[-1]

    yield start
    for prometheus in started:
        prometheus.end()


@pytest.mark.parametrize("honors", [False, True])
def test_labels_that_prometheus_renames_are_found(start_gunicorn, start_prometheus, environment, honors):
    server = start_gunicorn()
    assert server.get("/") == 200
    server.metrics(requests=1)
    prometheus = start_prometheus({
        "job_name": "app", "honor_labels": honors,
        "static_configs": [{"targets": [f"127.0.0.1:{server.metrics_port}"], "labels": {"endpoint": "metrics", "method": "pull"}}],
    })
    wait_for(lambda: prometheus.values("gunicorn_http_requests_total"), "a request")

    target = f"127.0.0.1:{server.metrics_port}"
    found = ""

    def is_there() -> bool:
        # A scrape that fails ends the present values until the next one.
        nonlocal found
        found = check(environment, target, "--prometheus.url", prometheus.url)
        return "it has no metrics of this exporter now" not in found

    wait_for(is_there, "the metrics")

    if honors:
        assert found == "no problems found\n"
    else:
        renamed = [line for line in found.splitlines() if line.startswith(f"error: {prometheus.url}/: it stores the label ")]
        assert [line.split()[6:9] for line in renamed] == [["endpoint", "as", "exported_endpoint,"], ["method", "as", "exported_method,"]]
        assert all("honor_labels: true" in line and "relabel_configs" in line for line in renamed)


def test_a_prometheus_without_the_exporter_and_another_program_are_found(start_gunicorn, start_prometheus, environment):
    server = start_gunicorn()
    server.wait_until_served()
    target = f"127.0.0.1:{server.metrics_port}"
    prometheus = start_prometheus({
        "job_name": "app", "static_configs": [{"targets": [target]}],
        "metric_relabel_configs": [{"source_labels": ["__name__"], "regex": "gunicorn_.*", "action": "drop"}],
    })
    assert f"error: {prometheus.url}/: it has no metrics of this exporter now" in check(environment, target, "--prometheus.url", prometheus.url)
    other = check(environment, target, "--prometheus.url", f"http://127.0.0.1:{server.port}")
    assert "give the URL of a Prometheus" in other
    closed = free_port()
    nobody = check(environment, target, "--prometheus.url", f"127.0.0.1:{closed}")
    assert f"http://127.0.0.1:{closed}/api/v1/query" in nobody and "does not answer" in nobody

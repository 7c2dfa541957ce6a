"""GUNICORN_EXPORTER_LEGACY_METRICS also serves the metric names of the Python package of the same name."""

import os
import signal

import pytest

from live_gunicorn import wait_for

LEGACY = {"GUNICORN_EXPORTER_LEGACY_METRICS": "true"}
RESTARTS = "gunicorn_worker_restart_total"
COUNTS = ("gunicorn_worker_restart_count_total", "gunicorn_master_worker_restart_count_total")


def test_no_legacy_name_is_served_by_default(start_gunicorn):
    server = start_gunicorn()
    assert server.get("/crash") == 500
    metrics = server.metrics(1)
    assert not [name for name, _, _ in metrics.samples if "_restart_total" in name or "restart_count" in name or "_sidecar_" in name]
    assert not [labels for name, labels, _ in metrics.samples if "failed_requests" in name and "error_type" in labels]


@pytest.mark.parametrize("option", ["variable", "file"])
def test_reloads_and_kills_are_restarts_with_their_reasons(start_gunicorn, tmp_path, option):
    file = tmp_path / "exporter.yml"
    file.write_text("exporter: {prometheus: {legacy_metrics: true}}\n")
    variables = LEGACY if option == "variable" else {"GUNICORN_EXPORTER_CONFIG_FILE": str(file)}
    server = start_gunicorn("-w", "2", variables=variables)
    server.wait_until_served()
    before = server.workers()
    server.signal(signal.SIGHUP)
    wait_for(lambda: len(now := server.workers()) == 2 and not set(before) & set(now), "two new workers")
    wait_for(lambda: server.scrape().value(RESTARTS, reason="reload") == 2, "two restarts by the reload")
    os.kill(server.workers()[0], signal.SIGKILL)
    wait_for(lambda: server.scrape().value(RESTARTS, reason="signal") == 1, "a restart by the kill")
    metrics = server.scrape()
    assert metrics.total(RESTARTS) == metrics.total("gunicorn_worker_exits_total") == 3
    for family in COUNTS:
        assert metrics.value(family, reason="reload", restart_type="graceful", worker_id="all") == 2
        assert metrics.value(family, reason="signal", restart_type="forced", worker_id="all") == 1
    assert metrics.value("gunicorn_master_worker_restart_total", reason="hup") == 1
    assert metrics.value("gunicorn_sidecar_multiproc_files_count") == metrics.value("gunicorn_exporter_store_files")
    assert metrics.value("gunicorn_sidecar_uptime_seconds") > 0


@pytest.mark.parametrize("is_legacy", [True, False])
def test_a_reload_changes_no_half_of_the_legacy_metrics(start_gunicorn, tmp_path, is_legacy):
    file = tmp_path / "exporter.yml"
    text = "exporter: {prometheus: {legacy_metrics: %s, max_series: %d}}\n"
    file.write_text(text % (str(is_legacy).lower(), 90_000))
    server = start_gunicorn("-w", "1", variables={"GUNICORN_EXPORTER_CONFIG_FILE": str(file)})
    server.wait_until_served()
    file.write_text(text % (str(not is_legacy).lower(), 80_000))
    os.kill(*server.exporters(), signal.SIGHUP)
    wait_for(lambda: "configuration reloaded" in server.log, "the reload")
    assert server.get("/") == 200
    metrics = server.metrics(1)
    assert metrics.has(RESTARTS) == is_legacy
    assert metrics.has("gunicorn_worker_request_duration_seconds_count", worker_id="worker_1") == is_legacy


def test_a_worker_that_has_served_enough_is_a_restart_with_its_reason(start_gunicorn):
    server = start_gunicorn("--max-requests", "1", variables=LEGACY)
    assert server.get("/") == 200
    wait_for(lambda: server.metrics(1).value(RESTARTS, reason="max_requests") == 1, "a restart by max_requests")


def test_a_failed_request_is_counted_once_with_both_labels(start_gunicorn):
    server = start_gunicorn(variables=LEGACY)
    assert server.get("/crash") == 500
    metrics = server.metrics(1)
    family = "gunicorn_worker_failed_requests_total"
    assert metrics.total(family) == 1
    assert metrics.value("gunicorn_worker_request_duration_seconds_count", worker_id="worker_1") == 1
    assert metrics.value(family, error_type="500", status_code="500") == 1
    assert metrics.value("gunicorn_worker_state", state="quitting") == 0
